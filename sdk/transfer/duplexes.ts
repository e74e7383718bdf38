import { SkeinError } from '../errors.js'
import type { StreamHub } from '../mesh/streams.js'
import { TRANSFER_ID_BYTES } from '../protocol/limits.js'
import { STREAM_KIND } from '../protocol/streams.js'
import type { TransferFrame } from '../protocol/transfer-frames.js'
import { encodeBase64url } from '../util/base64url.js'
import type { Control } from './control.js'
import type { TransferDeps } from './deps.js'
import { duplexAction } from './duplex-call.js'
import { DuplexEnd, type Duplex, type DuplexHost } from './duplex.js'
import { groupLeft, memberLeft, memberUnknown } from './failures.js'
import { reasonText } from './texts.js'

const ENDED = 'duplex has ended'
/** Of one member, opened by either side: each takes a stream each way, and an engine takes 256 of one member at once. */
const MAX_DUPLEXES = 128

/** A duplex that another member has opened. */
export interface DuplexOpened {
  /** The member's id. */
  readonly from: string
  readonly label: string
  readonly duplex: Duplex
}

/** Who is told of duplexes. Must not throw. */
export interface DuplexApp {
  hasDuplexListener(): boolean
  duplex(opened: DuplexOpened): void
}

/** A duplex until it is over. `answered` while I wait for the other side to take it. */
interface Entry {
  readonly end: DuplexEnd
  answered: (() => void) | null
  readonly stopListening: () => void
}

const nothing = (): void => undefined

/** All duplexes with all members. */
export class Duplexes implements DuplexHost {
  readonly hub: StreamHub
  readonly control: Control
  readonly #deps: TransferDeps
  readonly #app: DuplexApp
  /** By member, then by id. */
  readonly #entries = new Map<string, Map<string, Entry>>()

  constructor(hub: StreamHub, control: Control, deps: TransferDeps, app: DuplexApp) {
    this.hub = hub
    this.control = control
    this.#deps = deps
    this.#app = app
    hub.read(STREAM_KIND.DUPLEX, (stream) => {
      const end = this.#entries.get(stream.from)?.get(stream.name)?.end
      return end === undefined || end.hasSource ? null : end.read(stream)
    })
  }

  /** Only while the group is joined. */
  async open(to: string, label: string, signal: AbortSignal | undefined): Promise<Duplex> {
    if (to === this.hub.myId || !this.hub.members.includes(to)) throw memberUnknown(duplexAction, to)
    const id = encodeBase64url(this.#deps.randomBytes(TRANSFER_ID_BYTES))
    const end = new DuplexEnd(this, id, to, label)
    const onAbort = (): void => {
      const reason: unknown = signal?.reason
      end.cancel(reason, reasonText(reason))
    }
    const entry: Entry = { end, answered: null, stopListening: () => signal?.removeEventListener('abort', onAbort) }
    const answered = new Promise<void>((resolve, reject) => {
      entry.answered = () => {
        entry.answered = null
        resolve()
      }
      // Whatever ends it before it was answered has failed `closed`.
      end.duplex.closed.catch(reject)
    })
    this.#add(to, entry)
    signal?.addEventListener('abort', onAbort)
    this.control.send(to, { type: 'open', id, label }).catch((error: unknown) => end.fail(error))
    await answered
    return end.duplex
  }

  #add(member: string, entry: Entry): void {
    const entries = this.#entries.get(member) ?? new Map<string, Entry>()
    this.#entries.set(member, entries.set(entry.end.id, entry))
  }

  /** What a member says of a duplex; of one that is not known, or is over, nothing is of interest. */
  handle(from: string, frame: TransferFrame & { type: 'open' | 'opened' | 'refuse' | 'abort' | 'stop' }): void {
    if (frame.type === 'open') return this.#opened(from, frame.id, frame.label)
    const entry = this.#entries.get(from)?.get(frame.id)
    if (entry === undefined) return
    switch (frame.type) {
      case 'opened':
        return entry.answered?.()
      case 'refuse':
        if (entry.answered !== null)
          entry.end.fail(new SkeinError('duplex-refused', `${duplexAction}: "${from}" takes none`))
        return
      case 'abort':
        return entry.end.aborted(frame.reason)
      case 'stop':
        return entry.end.stopped(frame.reason)
    }
  }

  #opened(from: string, id: string, label: string): void {
    const entries = this.#entries.get(from)
    // Refusing it would refuse the one that is there.
    if (entries?.has(id) === true) return
    if (!this.#app.hasDuplexListener() || (entries?.size ?? 0) >= MAX_DUPLEXES) {
      return this.control.answer(from, { type: 'refuse', id })
    }
    const end = new DuplexEnd(this, id, from, label)
    this.#add(from, { end, answered: null, stopListening: nothing })
    this.control.answer(from, { type: 'opened', id })
    this.#app.duplex(Object.freeze({ from, label, duplex: end.duplex }))
  }

  over(end: DuplexEnd): void {
    const { to } = end.duplex
    const entries = this.#entries.get(to)
    entries?.get(end.id)?.stopListening()
    entries?.delete(end.id)
    if (entries?.size === 0) this.#entries.delete(to)
  }

  memberLeft(id: string): void {
    for (const { end } of [...(this.#entries.get(id)?.values() ?? [])]) end.fail(memberLeft(ENDED, id))
  }

  groupLeft(): void {
    for (const entries of [...this.#entries.values()]) {
      for (const { end } of [...entries.values()]) end.fail(groupLeft(ENDED))
    }
  }
}
