import { SkeinError } from '../../sdk/errors.js'
import type { DeliveryFailure, DeliveryReport } from '../../sdk/mesh/events.js'
import type {
  AcknowledgedListener,
  MemberStream,
  OwnStream,
  StreamHub,
  StreamKind,
  StreamMessage,
  StreamReader,
  StreamSendOptions,
} from '../../sdk/mesh/streams.js'
import { STREAM_MODE, type StreamMode } from '../../sdk/protocol/streams.js'

/** What each message counts beside its bytes, as in the engine. */
const MESSAGE_COST = 64

interface Sent extends StreamMessage {
  readonly admitted: () => void
  readonly delivered: () => void
  readonly failed: (failure: DeliveryFailure) => void
}

/** One stream of a member on its way to another. Delivers a message a microtask, and admits as many as its window holds. */
class Pipe {
  readonly #network: FakeNetwork
  readonly #to: FakeHub
  readonly #reader: StreamReader | null
  readonly #waiting: Sent[] = []
  readonly #acknowledged: (bytes: number) => void
  #admitted = 0
  #isPaused = false
  #isPumping = false

  constructor(
    network: FakeNetwork,
    from: FakeHub,
    to: FakeHub,
    stream: Omit<MemberStream, 'from' | 'pause'> & { kind: StreamKind },
    acknowledged: (bytes: number) => void,
  ) {
    this.#acknowledged = acknowledged
    this.#network = network
    this.#to = to
    const { kind, name, mode } = stream
    const pause = (isPaused: boolean) => {
      to.pauses.push({ from: from.myId, name, isPaused })
      this.#isPaused = isPaused
      this.pump()
    }
    this.#reader = to.accept(kind, { from: from.myId, name, mode, pause })
  }

  push(message: Sent): void {
    this.#waiting.push(message)
    this.#admit()
    this.pump()
  }

  #admit(): void {
    const most = Math.min(this.#network.window, this.#waiting.length)
    for (; this.#admitted < most; this.#admitted++) this.#waiting[this.#admitted]?.admitted()
  }

  pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    queueMicrotask(() => {
      this.#isPumping = false
      if (this.#isPaused || this.#network.isHeld || this.#network.heldFor.has(this.#to)) return
      const message = this.#waiting.shift()
      if (message === undefined) return
      this.#admitted--
      this.#reader?.message(message)
      message.delivered()
      this.#admit()
      this.#acknowledged(this.#waiting.reduce((sum, { bytes }) => sum + bytes.length + MESSAGE_COST, 0))
      this.pump()
    })
  }

  /** Its reader has not acknowledged what waits: it is given up, and the stream goes on. */
  stall(): void {
    const [id, maybeDelivered] = [this.#to.myId, this.#network.isMaybeDelivered]
    this.#admitted = 0
    for (const { failed } of this.#waiting.splice(0)) failed({ id, code: 'member-stalled', maybeDelivered })
    this.#acknowledged(0)
  }

  /** Either end is gone. */
  end(code: 'member-left' | 'closed'): void {
    const id = this.#to.myId
    const maybeDelivered = this.#network.isMaybeDelivered
    for (const { failed } of this.#waiting.splice(0)) failed({ id, code, maybeDelivered })
    this.#reader?.lost()
  }
}

/** Members in memory who are all here for each other, without engines, sessions or time. For unit tests alone. */
export class FakeNetwork {
  /** Messages that a stream has room for towards each recipient. */
  window = 4
  /** Nothing is delivered. */
  isHeld = false
  /** Members to which nothing is delivered. */
  readonly heldFor = new Set<FakeHub>()
  /** What a member that leaves has not acknowledged, it may have got. */
  isMaybeDelivered = false
  readonly hubs: FakeHub[] = []
  #lastId = 0

  join(hub: FakeHub): void {
    const others = [...this.hubs]
    hub.myId = `member-${++this.#lastId}`
    hub.isJoined = true
    this.hubs.push(hub)
    for (const other of others) {
      other.tell({ id: hub.myId, isHere: true })
      hub.tell({ id: other.myId, isHere: true })
    }
  }

  leave(hub: FakeHub): void {
    this.hubs.splice(this.hubs.indexOf(hub), 1)
    hub.isJoined = false
    for (const other of this.hubs) {
      other.drop(hub, 'member-left')
      hub.drop(other, 'closed')
      other.tell({ id: hub.myId, isHere: false })
    }
  }

  /** This member has acknowledged nothing of what was sent to it for too long. */
  stall(to: FakeHub): void {
    for (const hub of this.hubs) hub.stall(to)
  }

  release(): void {
    this.isHeld = false
    this.heldFor.clear()
    for (const hub of this.hubs) hub.pump()
  }
}

export class FakeHub implements StreamHub {
  myId = ''
  isJoined = false
  readonly reports: unknown[] = []
  readonly pauses: { readonly from: string; readonly name: string; readonly isPaused: boolean }[] = []
  readonly network: FakeNetwork
  readonly #readers = new Map<StreamKind, (stream: MemberStream) => StreamReader | null>()
  readonly #listeners = new Set<(change: { id: string; isHere: boolean }) => void>()
  readonly #streams: FakeStream[] = []

  constructor(network: FakeNetwork) {
    this.network = network
  }

  get members(): readonly string[] {
    if (!this.isJoined) return []
    return [this.myId, ...this.network.hubs.filter((hub) => hub !== this).map((hub) => hub.myId)]
  }

  join(): void {
    this.network.join(this)
  }

  assertJoined(action: string): void {
    if (!this.isJoined) throw new SkeinError('not-joined', `${action}: not joined`)
  }

  own(kind: StreamKind, mode: StreamMode, name: string, acknowledged?: AcknowledgedListener): FakeStream {
    const stream = new FakeStream(this, { kind, mode, name }, acknowledged)
    this.#streams.push(stream)
    return stream
  }

  /** Mine of this name, newest last. */
  ownNamed(name: string): FakeStream[] {
    return this.#streams.filter((stream) => stream.opening.name === name)
  }

  read(kind: StreamKind, accept: (stream: MemberStream) => StreamReader | null): () => void {
    this.#readers.set(kind, accept)
    return () => this.#readers.delete(kind)
  }

  accept(kind: StreamKind, stream: MemberStream): StreamReader | null {
    return this.#readers.get(kind)?.(stream) ?? null
  }

  onMember(listener: (change: { id: string; isHere: boolean }) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(change: { id: string; isHere: boolean }): void {
    for (const listener of this.#listeners) listener(change)
  }

  report(error: unknown): void {
    this.reports.push(error)
  }

  drop(other: FakeHub, code: 'member-left' | 'closed'): void {
    for (const stream of this.#streams) stream.drop(other, code)
  }

  stall(to: FakeHub): void {
    for (const stream of this.#streams) stream.stall(to)
  }

  pump(): void {
    for (const stream of this.#streams) stream.pump()
  }
}

class FakeStream implements OwnStream {
  readonly opening: { readonly kind: StreamKind; readonly mode: StreamMode; readonly name: string }
  /** What was sent and posted, to whom. */
  readonly sent: { readonly to: string; readonly bytes: Uint8Array; readonly end: boolean }[] = []
  readonly #hub: FakeHub
  readonly #acknowledged: AcknowledgedListener | undefined
  readonly #pipes = new Map<FakeHub, Pipe>()

  constructor(hub: FakeHub, opening: FakeStream['opening'], acknowledged?: AcknowledgedListener) {
    this.#hub = hub
    this.#acknowledged = acknowledged
    this.opening = opening
  }

  async send(to: string, bytes: Uint8Array, options: StreamSendOptions = {}): Promise<DeliveryReport | undefined> {
    this.#hub.assertJoined('stream could not be sent on')
    const recipients = this.#recipients(to)
    if (to !== 'all' && recipients.length === 0) throw new SkeinError('member-unknown', `"${to}" is not here`)
    this.sent.push({ to, bytes, end: options.end ?? false })
    const failures = await Promise.all(recipients.map((hub) => this.#sendOne(hub, to, bytes, options)))
    const failed = failures.filter((failure) => failure !== null)
    if (options.confirm !== true) {
      if (to !== 'all' && failed[0] !== undefined) throw new SkeinError(failed[0].code, 'failed', failed[0])
      return undefined
    }
    const ids = recipients.map((hub) => hub.myId)
    return { delivered: ids.filter((id) => !failed.some((failure) => failure.id === id)), failed }
  }

  #recipients(to: string): FakeHub[] {
    const others = this.#hub.network.hubs.filter((hub) => hub !== this.#hub)
    return to === 'all' ? others : others.filter((hub) => hub.myId === to)
  }

  #sendOne(
    hub: FakeHub,
    to: string,
    bytes: Uint8Array,
    { confirm = false, end = false }: StreamSendOptions,
  ): Promise<DeliveryFailure | null> {
    return new Promise((resolve) => {
      const done = (): void => {
        resolve(null)
      }
      const admitted = confirm ? () => undefined : done
      const message = { to: to === 'all' ? ('all' as const) : ('me' as const), bytes: bytes.slice(), end }
      this.#pipe(hub).push({ ...message, admitted, delivered: done, failed: resolve })
    })
  }

  #pipe(hub: FakeHub): Pipe {
    let pipe = this.#pipes.get(hub)
    if (pipe === undefined) {
      pipe = new Pipe(this.#hub.network, this.#hub, hub, this.opening, (bytes) => {
        this.#acknowledged?.(hub.myId, bytes)
      })
      this.#pipes.set(hub, pipe)
    }
    return pipe
  }

  post(to: string, bytes: Uint8Array): void {
    if (this.opening.mode === STREAM_MODE.MESSAGES) throw new Error('posted on a reliable stream')
    if (!this.#hub.isJoined) return
    this.sent.push({ to, bytes, end: false })
    for (const hub of this.#recipients(to)) void this.#sendOne(hub, to, bytes, {})
  }

  close(): void {
    // What nobody sends on takes nothing here.
  }

  cut(): void {
    for (const pipe of this.#pipes.values()) pipe.end('closed')
  }

  drop(hub: FakeHub, code: 'member-left' | 'closed'): void {
    this.#pipes.get(hub)?.end(code)
    this.#pipes.delete(hub)
  }

  stall(to: FakeHub): void {
    this.#pipes.get(to)?.stall()
  }

  pump(): void {
    for (const pipe of this.#pipes.values()) pipe.pump()
  }
}
