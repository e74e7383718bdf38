import type { Acknowledged, Delivery, DeliveryReport, Effects } from '../mesh/events.js'
import type {
  AcknowledgedListener,
  MemberStream,
  OwnStream,
  StreamHub,
  StreamKind,
  StreamReader,
  StreamSendOptions,
} from '../mesh/streams.js'
import { FIRST_STREAM, STREAM_KIND, type Opening, type StreamMode } from '../protocol/streams.js'
import type { Log } from '../util/log.js'
import type { Happening } from './engine-host.js'
import type { Join } from './join.js'
import type { Journal } from './journal.js'

/** The group, as its streams see it. */
export interface StreamHost {
  /** Throws `not-joined`. */
  joined(action: string): Join
  /** Throws `not-joined`, or `member-unknown` for who is no other member that is here. */
  peer(action: string, id: string): unknown
  /** The join that has members, or `null`. */
  readonly current: Join | null
  readonly members: readonly string[]
  readonly myId: string
  report(error: unknown): void
}

/** What the log says of a stream. Of all names those of channels alone are names in somebody's code. */
const traceOf = ({ kind, name, stream }: Opening) => ({
  stream,
  kind,
  channel: kind === STREAM_KIND.CHANNEL ? name : undefined,
})

type Opened = Parameters<Effects['streamOpened']>[0]

const action = 'message could not be sent'

/** What my streams are called in the current join: each join counts anew. */
class StreamIds {
  #join: Join | null = null
  #ids = new WeakMap<GroupStream, number>()
  readonly #channels = new Map<number, string>()
  readonly #watchers = new Map<number, AcknowledgedListener>()
  #next = FIRST_STREAM

  of(join: Join, stream: GroupStream): number | undefined {
    return this.#join === join ? this.#ids.get(stream) : undefined
  }

  /** The name of a channel that is sent on this stream, or `null`. */
  channelOf(join: Join, id: number): string | null {
    return this.#join === join ? (this.#channels.get(id) ?? null) : null
  }

  watcherOf(join: Join, id: number): AcknowledgedListener | undefined {
    return this.#join === join ? this.#watchers.get(id) : undefined
  }

  give(join: Join, stream: GroupStream, { kind, name }: Omit<Opening, 'stream'>): number {
    if (this.#join !== join) {
      this.#join = join
      this.#ids = new WeakMap()
      this.#channels.clear()
      this.#watchers.clear()
      this.#next = FIRST_STREAM
    }
    this.#ids.set(stream, this.#next)
    if (stream.watcher) this.#watchers.set(this.#next, stream.watcher)
    if (kind === STREAM_KIND.CHANNEL && !name.startsWith('skein:')) this.#channels.set(this.#next, name)
    return this.#next++
  }
}

/** One stream of mine, over all joins. */
class GroupStream implements OwnStream {
  readonly #host: StreamHost
  readonly #ids: StreamIds
  readonly #opening: Omit<Opening, 'stream'>

  readonly watcher: AcknowledgedListener | undefined
  readonly #log: Log | undefined

  constructor(
    { host, ids, log }: { readonly host: StreamHost; readonly ids: StreamIds; readonly log: Log | undefined },
    opening: Omit<Opening, 'stream'>,
    watcher: AcknowledgedListener | undefined,
  ) {
    this.#host = host
    this.#ids = ids
    this.#log = log
    this.#opening = opening
    this.watcher = watcher
  }

  // Whatever is thrown in here is a rejection.
  async send(
    to: string,
    bytes: Uint8Array,
    { signal, confirm = false, end = false }: StreamSendOptions = {},
  ): Promise<DeliveryReport | undefined> {
    const join = this.#host.joined(action)
    if (to !== 'all') this.#host.peer(action, to)
    signal?.throwIfAborted()
    const stream = this.#openIn(join)
    const submit = (submission: number): void => {
      join.push({ type: 'submit', submission, stream, to, kind: 'binary', bytes, confirm, end })
    }
    return confirm ? join.sends.addConfirmed(signal, submit) : join.sends.add(signal, submit)
  }

  post(to: string, bytes: Uint8Array): void {
    const join = this.#host.current
    if (join !== null) join.push({ type: 'post', stream: this.#openIn(join), to, bytes })
  }

  cut(): void {
    this.#tell('stream:cut')
  }

  close(): void {
    this.#tell('stream:close')
  }

  #openIn(join: Join): number {
    const known = this.#ids.of(join, this)
    if (known !== undefined) return known
    const stream = this.#ids.give(join, this, this.#opening)
    this.#log?.('debug', 'stream:open', traceOf({ stream, ...this.#opening }))
    join.push({ type: 'stream:open', opening: { stream, ...this.#opening }, isWatched: this.watcher !== undefined })
    return stream
  }

  #tell(type: 'stream:cut' | 'stream:close'): void {
    const join = this.#host.current
    const stream = join === null ? undefined : this.#ids.of(join, this)
    if (stream === undefined) return
    this.#log?.('debug', type, { stream })
    join?.push({ type, stream })
  }
}

/** A stream of a member that somebody reads. */
interface Read {
  readonly reader: StreamReader
  readonly kind: number
}

/** The streams of one group beside its messages: mine by who sends on them, and those of others by who reads them. */
export class GroupStreams implements StreamHub {
  readonly #host: StreamHost
  readonly #accepts = new Map<number, (stream: MemberStream) => StreamReader | null>()
  /** By member and id. */
  readonly #readers = new Map<string, Map<number, Read>>()
  readonly #listeners = new Set<(change: { readonly id: string; readonly isHere: boolean }) => void>()
  readonly #ids = new StreamIds()
  readonly #logs: Readonly<Record<'channel' | 'transfer' | 'media' | 'log', Log | undefined>>

  constructor(host: StreamHost, journal: Pick<Journal, 'logOf'>) {
    this.#host = host
    this.#logs = {
      channel: journal.logOf('channel'),
      transfer: journal.logOf('transfer'),
      media: journal.logOf('media'),
      log: journal.logOf('log'),
    }
  }

  /** Of each stream of a member that is read now. */
  *kindsRead(): Generator<number> {
    for (const readers of this.#readers.values()) for (const { kind } of readers.values()) yield kind
  }

  #logOf(kind: number): Log | undefined {
    if (kind <= STREAM_KIND.PRESENCE) return this.#logs.channel
    if (kind === STREAM_KIND.MEDIA) return this.#logs.media
    return kind <= STREAM_KIND.DUPLEX ? this.#logs.transfer : this.#logs.log
  }

  get members(): readonly string[] {
    return this.#host.members
  }

  get myId(): string {
    return this.#host.myId
  }

  assertJoined(doing: string): void {
    this.#host.joined(doing)
  }

  own(kind: StreamKind, mode: StreamMode, name: string, acknowledged?: AcknowledgedListener): OwnStream {
    const parts = { host: this.#host, ids: this.#ids, log: this.#logOf(kind) }
    return new GroupStream(parts, { kind, mode, name }, acknowledged)
  }

  channelOf(join: Join, stream: number): string | null {
    return this.#ids.channelOf(join, stream)
  }

  read(kind: StreamKind, accept: (stream: MemberStream) => StreamReader | null): () => void {
    if (this.#accepts.has(kind)) throw new TypeError('streams of this kind are read already')
    this.#accepts.set(kind, accept)
    return () => this.#accepts.delete(kind)
  }

  onMember(listener: (change: { readonly id: string; readonly isHere: boolean }) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  report(error: unknown): void {
    this.#host.report(error)
  }

  handle(join: Join, happening: Happening & { type: 'stream' | 'acknowledged' }): void {
    if (happening.type === 'stream') this.#handleOpened(join, happening.opened)
    else this.#handleAcknowledged(join, happening.acknowledged)
  }

  #handleAcknowledged(join: Join, { stream, id, bytes }: Acknowledged): void {
    this.#guard(() => this.#ids.watcherOf(join, stream)?.(id, bytes))
  }

  #handleOpened(join: Join, { from, opening }: Opened): void {
    const { stream, kind, mode, name } = opening
    const reader = this.#guard(() =>
      this.#accepts.get(kind)?.({
        from,
        name,
        mode,
        pause: (isPaused) => {
          join.push({ type: 'stream:pause', from, stream, isPaused })
        },
      }),
    )
    this.#logOf(kind)?.('debug', 'stream:opened', { from, ...traceOf(opening), isRead: Boolean(reader) })
    if (!reader) return
    const readers = this.#readers.get(from) ?? new Map<number, Read>()
    this.#readers.set(from, readers.set(stream, { reader, kind }))
  }

  handleMessage({ from, stream, to, bytes, end }: Delivery): void {
    const read = this.#readers.get(from)?.get(stream)
    if (read === undefined) return
    if (end) {
      this.#readers.get(from)?.delete(stream)
      this.#logOf(read.kind)?.('debug', 'stream:ended', { from, stream })
    }
    this.#guard(() => {
      read.reader.message({ to, bytes: own(bytes), end })
    })
  }

  handleMember(id: string, isHere: boolean): void {
    if (!isHere) this.#lose(id)
    for (const listener of [...this.#listeners]) {
      this.#guard(() => {
        listener({ id, isHere })
      })
    }
  }

  /** The join is over: nobody is here any more. */
  handleLeft(): void {
    for (const id of [...this.#readers.keys()]) this.#lose(id)
  }

  #lose(id: string): void {
    const readers = this.#readers.get(id)
    this.#readers.delete(id)
    for (const [stream, { reader, kind }] of readers ?? []) {
      this.#logOf(kind)?.('debug', 'stream:lost', { from: id, stream })
      this.#guard(() => {
        reader.lost()
      })
    }
  }

  /** A reader is not to throw; one that does must not keep others from what is theirs. */
  #guard<Value>(run: () => Value): Value | null {
    try {
      return run()
    } catch (error) {
      this.#host.report(error)
      return null
    }
  }
}

/** With a buffer of its own, which may be kept or transferred. */
const own = (bytes: Uint8Array): Uint8Array => (bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice())
