import type { WebGroup } from 'skein'
import { deviceStorage, memoryStorage, SDK, type Log, type LogStorage } from 'skein/log'
import { Chapter, type ChapterHandlers } from './chapter.js'
import { writeNote, type Note } from './note.js'

/** More than people who would fit on a page; a notebook is no place to fill the disk of others. */
const maxChapters = 200

let memory: LogStorage | undefined

/** In the IndexedDB of this browser; without one, for as long as the page is open. */
const storageHere = (): LogStorage => {
  if ((globalThis as { readonly indexedDB?: unknown }).indexedDB) return deviceStorage('skein-notebook')
  return (memory ??= memoryStorage())
}

/**
 * What everyone in a group has written: one log for each person and browser, each kept whole on this device. All of them are listed, mine and
 * theirs, so that whoever comes gets them from anybody who is here.
 */
export class Notebook {
  readonly #sdk: SDK
  readonly #handlers: ChapterHandlers
  /** The URLs of the logs of others, on this device alone: they are shown before anybody else is here. */
  #index: Log<'utf-8'> | null = null
  #mine: Chapter | null = null
  readonly #chapters = new Map<string, Chapter>()
  readonly #closed = new AbortController()

  constructor(group: WebGroup, handlers: ChapterHandlers) {
    this.#handlers = handlers
    this.#sdk = new SDK({ group, storage: storageHere() })
  }

  /** Opens what is here of the notebook of this group, and goes on with what others list. Rejects where nothing can be kept. */
  async open(groupId: string): Promise<void> {
    const mine = new this.#sdk.Log(`notes ${groupId}`, { valueEncoding: 'json', listed: true })
    const chapter = new Chapter(mine, true, this.#handlers)
    await chapter.open()
    this.#mine = chapter
    this.#chapters.set(mine.url, chapter)
    const alone = new SDK({ storage: storageHere() })
    const index = (this.#index = new alone.Log(`index ${groupId}`, { valueEncoding: 'utf-8' }))
    await index.ready()
    const known = new Set<string>()
    for await (const url of index.createReadStream()) known.add(url)
    await Promise.all([...known].map((url) => this.#take(url)))
    this.#handlers.onChange()
    void this.#follow(index, known)
  }

  /** Mine first, then by URL, which is the same for everybody. */
  get chapters(): readonly Chapter[] {
    const all = [...this.#chapters.values()].filter(({ isNotes }) => isNotes)
    return all.sort((a, b) => Number(b.isMine) - Number(a.isMine) || (a.log.url < b.log.url ? -1 : 1))
  }

  get isOpen(): boolean {
    return this.#mine !== null && !this.#closed.signal.aborted
  }

  /** Resolves once it is on this device for good. */
  async write(note: Note): Promise<void> {
    await this.#mine?.log.append(writeNote(note))
  }

  close(): void {
    this.#closed.abort()
    this.#sdk.close()
    void this.#index?.close()
  }

  async #follow(index: Log<'utf-8'>, known: ReadonlySet<string>): Promise<void> {
    const { signal } = this.#closed
    try {
      for await (const url of this.#sdk.watch({ signal })) {
        // One that is listed again is told of again.
        if (this.#chapters.has(url) || this.#chapters.size >= maxChapters) continue
        if (!known.has(url)) await index.append(url)
        // Not waited for: the next one may be quicker.
        void this.#take(url)
      }
    } catch (error) {
      if (!signal.aborted) this.#handlers.onFailure(error)
    }
  }

  async #take(url: string): Promise<void> {
    if (this.#chapters.has(url) || this.#chapters.size >= maxChapters) return
    const log = new this.#sdk.Log(url, { valueEncoding: 'json', listed: true })
    const chapter = new Chapter(log, false, this.#handlers)
    this.#chapters.set(url, chapter)
    try {
      await chapter.open()
    } catch (error) {
      this.#chapters.delete(url)
      if (!this.#closed.signal.aborted) this.#handlers.onFailure(error)
    }
  }
}
