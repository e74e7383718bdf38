import type { Log, RemotePeer } from 'skein/log'
import { readNote, type Note } from './note.js'

/** Blocks that are waited for at once: enough to keep any peer busy. */
const maxWaiting = 64
/** The longest that a timer takes: whoever has it may come back next week. */
const patienceMs = 2 ** 31 - 1

export interface ChapterHandlers {
  /** A note has come, or others have more or fewer of them. */
  onChange(): void
  onFailure(error: unknown): void
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | null)?.code

/** What one person has written: a log, and the notes of it that are on this device. */
export class Chapter {
  readonly log: Log<'json'>
  readonly isMine: boolean
  readonly #handlers: ChapterHandlers
  /** By number, of blocks that are here; `null` for what is no note. */
  readonly #notes = new Map<number, Note | null>()
  readonly #missing = new Set<number>()
  readonly #waiting = new Set<number>()
  /** Nobody who is here has them. */
  readonly #hopeless = new Set<number>()
  #looked = 0

  constructor(log: Log<'json'>, isMine: boolean, handlers: ChapterHandlers) {
    this.log = log
    this.isMine = isMine
    this.#handlers = handlers
  }

  /** Resolves when the notes that are here have been read. */
  async open(): Promise<void> {
    await this.log.ready()
    this.log.on('length:change', () => void this.#look())
    this.log.on('peers:change', () => {
      this.#hopeless.clear()
      this.#fetch()
      this.#handlers.onChange()
    })
    this.log.on('error', ({ error }) => {
      if (/^(storage|log)-/.test(String(codeOf(error)))) this.#handlers.onFailure(error)
    })
    await this.#look()
  }

  get length(): number {
    return this.log.length
  }

  get notes(): ReadonlyMap<number, Note | null> {
    return this.#notes
  }

  /** Who wrote it, by the newest note; `null` before there is one. */
  get author(): Pick<Note, 'name' | 'dye'> | null {
    for (let at = this.length - 1; at >= 0; at--) {
      const note = this.#notes.get(at)
      if (note) return note
    }
    return null
  }

  /** Whether it can be one: another page of this group may keep other things in its logs. */
  get isNotes(): boolean {
    return this.length > 0 && (this.author !== null || this.#notes.size < this.length)
  }

  peers(): readonly RemotePeer[] {
    return this.log.peers()
  }

  /** Reads what is here, and asks for the rest. */
  async #look(): Promise<void> {
    const [from, to] = [this.#looked, this.length]
    this.#looked = to
    await Promise.all(
      Array.from({ length: to - from }, async (_, at) => {
        if (!(await this.#read(from + at, { wait: false }))) this.#missing.add(from + at)
      }),
    )
    this.#fetch()
    this.#handlers.onChange()
  }

  /** Newest first: they are what somebody who comes back looks for. */
  #fetch(): void {
    const wanted = [...this.#missing].filter((at) => !this.#waiting.has(at) && !this.#hopeless.has(at))
    for (const at of wanted.sort((a, b) => b - a).slice(0, maxWaiting - this.#waiting.size)) {
      this.#waiting.add(at)
      void this.#read(at, { timeoutMs: patienceMs }).then((isHere) => {
        this.#waiting.delete(at)
        if (isHere) this.#missing.delete(at)
        else this.#hopeless.add(at)
        this.#fetch()
        if (isHere) this.#handlers.onChange()
      })
    }
  }

  async #read(at: number, options: { wait?: boolean; timeoutMs?: number }): Promise<boolean> {
    try {
      this.#notes.set(at, readNote(await this.log.get(at, options), Date.now()))
      return true
    } catch (error) {
      const isNoNote = codeOf(error) === 'value-invalid'
      if (isNoNote) this.#notes.set(at, null)
      return isNoNote
    }
  }
}
