import { SkeinError } from '../../sdk/errors.js'
import type { DeliveryFailure, DeliveryReport } from '../../sdk/mesh/events.js'
import type {
  MemberStream,
  OwnStream,
  StreamHub,
  StreamKind,
  StreamReader,
  StreamSendOptions,
} from '../../sdk/mesh/streams.js'
import type { StreamMode } from '../../sdk/protocol/streams.js'
import { Queue } from '../../sdk/util/queue.js'
import { Random } from './random.js'

const WINDOW_BYTES = 2_097_152
/** As the engine counts each message beside its bytes. */
const MESSAGE_COST = 64
const MAX_PIECE = 64_512

const nothing = (): void => undefined

interface Message {
  readonly bytes: Uint8Array
  readonly end: boolean
  readonly admitted: () => void
  readonly delivered: () => void
  readonly failed: (code: FailureCode) => void
}

type FailureCode = DeliveryFailure['code']

const failed = (code: FailureCode): SkeinError => new SkeinError(code, `message could not be sent: ${code}`)

/** One stream from one member to one other. */
class Lane {
  readonly from: FakeHub
  readonly to: FakeHub
  readonly kind: StreamKind
  readonly mode: StreamMode
  readonly name: string
  /** In the window, and with no credit left for more still under way: a pause stops what has not been sent. */
  transit = new Queue<Message>()
  waiting = new Queue<Message>()
  windowBytes = 0
  heldBytes = 0
  isPaused = false
  isEnded = false
  isRefused = false
  reader: StreamReader | null | undefined = undefined

  constructor(from: FakeHub, to: FakeHub, kind: StreamKind, mode: StreamMode, name: string) {
    this.from = from
    this.to = to
    this.kind = kind
    this.mode = mode
    this.name = name
  }

  push(message: Message): void {
    this.waiting.push(message)
    this.heldBytes += message.bytes.length
    this.fill()
  }

  fill(): void {
    while (!this.isPaused && this.waiting.length > 0 && this.windowBytes < WINDOW_BYTES) {
      const message = this.waiting.shift() as Message
      this.windowBytes += message.bytes.length + MESSAGE_COST
      this.transit.push(message)
      message.admitted()
    }
    this.from.network.wake()
  }

  deliver(): void {
    if (this.to.refusing.has(this.kind)) return this.#refuse()
    const message = this.transit.shift()
    if (message === undefined) return
    this.windowBytes -= message.bytes.length + MESSAGE_COST
    this.heldBytes -= message.bytes.length
    if (!this.isEnded) {
      this.reader ??= this.#accept()
      this.isEnded = message.end
      this.reader?.message({ to: 'me', bytes: message.bytes, end: message.end })
    }
    message.delivered()
    this.fill()
  }

  /** What found room meanwhile is lost with it. */
  #refuse(): void {
    this.isRefused = true
    this.#give('stream-refused')
  }

  #accept(): StreamReader | null {
    const { from, name, mode } = this
    const stream: MemberStream = {
      from: from.myId,
      name,
      mode,
      pause: (isPaused) => {
        this.isPaused = isPaused
        this.fill()
      },
    }
    return this.to.accept(this.kind, stream)
  }

  cut(): void {
    this.#give('closed')
  }

  /** All that has not arrived. */
  #give(code: FailureCode): void {
    for (const queue of [this.transit, this.waiting]) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) next.failed(code)
    }
    this.windowBytes = 0
    this.heldBytes = 0
  }

  fail(code: 'member-left' | 'closed'): void {
    this.#give(code)
    if (!this.isEnded) this.reader?.lost()
    this.isEnded = true
  }
}

/** Members that hear each other by streams, one message after the other, in an order between streams that a seed draws. */
export class FakeNetwork {
  readonly hubs = new Map<string, FakeHub>()
  /** Messages of one stream that arrive in one turn. */
  burst = 1
  /** The most bytes of one stream that were under way or waiting. */
  mostHeld = 0
  /** Changes, drops or observes what is sent. */
  tamper:
    | ((lane: { kind: StreamKind; from: string; to: string }, bytes: Uint8Array, end: boolean) => Uint8Array | null)
    | null = null
  readonly #random: Random
  #isAwake = false

  constructor(seed = 1) {
    this.#random = new Random(seed)
  }

  join(id: string): FakeHub {
    const hub = new FakeHub(this, id)
    for (const other of this.hubs.values()) other.notice(id, true)
    this.hubs.set(id, hub)
    return hub
  }

  /** A member goes: the others are told, and it is told nothing but that its own streams are over. */
  leave(id: string): void {
    const hub = this.hubs.get(id)
    if (hub === undefined) return
    this.hubs.delete(id)
    hub.isJoined = false
    for (const lane of hub.takeLanes()) lane.fail('closed')
    for (const other of this.hubs.values()) {
      for (const lane of other.takeLanes(id)) lane.fail('member-left')
      other.notice(id, false)
    }
  }

  wake(): void {
    if (this.#isAwake) return
    this.#isAwake = true
    setImmediate(() => {
      this.#isAwake = false
      const lanes = [...this.hubs.values()].flatMap((hub) => [...hub.lanes]).filter(({ transit }) => transit.length > 0)
      for (const lane of lanes) this.mostHeld = Math.max(this.mostHeld, lane.heldBytes)
      for (let i = lanes.length; i > 0; i--) {
        const [lane] = lanes.splice(this.#random.uint32() % i, 1)
        for (let count = 0; count < this.burst; count++) lane?.deliver()
        if (lane !== undefined && lane.transit.length > 0) this.wake()
      }
    })
  }
}

export class FakeHub implements StreamHub {
  readonly network: FakeNetwork
  readonly myId: string
  readonly reported: unknown[] = []
  readonly lanes = new Set<Lane>()
  isJoined = true
  /** Streams of these kinds are refused to whoever opens one to me, once that arrives. */
  readonly refusing = new Set<StreamKind>()
  readonly #readers = new Map<StreamKind, (stream: MemberStream) => StreamReader | null>()
  readonly #listeners = new Set<(change: { readonly id: string; readonly isHere: boolean }) => void>()

  constructor(network: FakeNetwork, id: string) {
    this.network = network
    this.myId = id
  }

  get members(): readonly string[] {
    return this.isJoined ? [this.myId, ...[...this.network.hubs.keys()].filter((id) => id !== this.myId)] : []
  }

  assertJoined(action: string): void {
    if (!this.isJoined) throw new SkeinError('not-joined', `${action}: the group is not joined`)
  }

  own(kind: StreamKind, mode: StreamMode, name: string): OwnStream {
    const lanes = new Map<string, Lane>()
    return {
      send: async (to, bytes, options = {}) => {
        if (bytes.length > MAX_PIECE) throw new Error(`a message of ${bytes.length} bytes`)
        return this.#send(lanes, { kind, mode, name }, to, bytes, options)
      },
      post: () => {
        throw new Error('not faked')
      },
      close: () => undefined,
      cut: () => {
        for (const lane of lanes.values()) lane.cut()
      },
    }
  }

  #send(
    lanes: Map<string, Lane>,
    { kind, mode, name }: { kind: StreamKind; mode: StreamMode; name: string },
    to: string,
    bytes: Uint8Array,
    { end = false, confirm = false }: StreamSendOptions,
  ): Promise<DeliveryReport | undefined> {
    this.assertJoined('message could not be sent')
    const other = this.network.hubs.get(to)
    if (other === undefined) throw failed('member-left')
    const lane = lanes.get(to) ?? new Lane(this, other, kind, mode, name)
    lanes.set(to, lane)
    this.lanes.add(lane)
    const { tamper } = this.network
    const sent = tamper === null ? bytes : tamper({ kind, from: this.myId, to }, bytes, end)
    return new Promise((resolve, reject) => {
      const fail = (code: FailureCode): void => {
        if (confirm) resolve({ delivered: [], failed: [{ id: to, code, maybeDelivered: false }] })
        else reject(failed(code))
      }
      if (lane.isRefused) return fail('stream-refused')
      const deliver = (): void => resolve({ delivered: [to], failed: [] })
      const admitted = confirm ? nothing : () => resolve(undefined)
      if (sent === null) return confirm ? deliver() : admitted()
      lane.push({ bytes: sent, end, admitted, delivered: confirm ? deliver : nothing, failed: fail })
    })
  }

  read(kind: StreamKind, accept: (stream: MemberStream) => StreamReader | null): () => void {
    if (this.#readers.has(kind)) throw new Error('read twice')
    this.#readers.set(kind, accept)
    return () => this.#readers.delete(kind)
  }

  accept(kind: StreamKind, stream: MemberStream): StreamReader | null {
    return this.#readers.get(kind)?.(stream) ?? null
  }

  onMember(listener: (change: { readonly id: string; readonly isHere: boolean }) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  notice(id: string, isHere: boolean): void {
    for (const listener of this.#listeners) listener({ id, isHere })
  }

  report(error: unknown): void {
    this.reported.push(error)
  }

  takeLanes(to?: string): readonly Lane[] {
    const taken = [...this.lanes].filter((lane) => to === undefined || lane.to.myId === to)
    for (const lane of taken) this.lanes.delete(lane)
    return taken
  }

  /** Streams of mine that have been opened and not ended. */
  openLanes(kind: StreamKind): readonly Lane[] {
    return [...this.lanes].filter((lane) => lane.kind === kind && !lane.isEnded && !lane.isRefused)
  }
}
