import { platform } from '#platform'
import type { Lane } from '../protocol/carrier.js'
import { MAX_FRAME_BYTES } from '../protocol/limits.js'
import { SendGate } from '../platform/send-gate.js'
import type { Link, LinkHandlers, SignaledTransport } from './link.js'

/** Members inside one process. Both lanes keep order and lose nothing until cut. */
export interface MemoryNetwork {
  /** The same for every member. */
  readonly transport: SignaledTransport
  /** Ends that are not closed yet; two for each link. */
  readonly openEnds: number
  /** Links between these two that are being set up or will be fail, until `allow`. */
  refuse(a: string, b: string): void
  allow(a: string, b: string): void
  /** Closes every link between these two; what is on its way is lost. */
  cut(a: string, b: string): void
}

export interface MemoryNetworkOptions {
  /**
   * Runs what happens on the network, in the order given and never at once.
   * @default a microtask for each
   */
  readonly schedule?: (task: () => void) => void
  /**
   * How much each lane of a link holds, in bytes; at least two frames.
   * @default 131072
   */
  readonly roomBytes?: number
}

export const createMemoryNetwork = (options: MemoryNetworkOptions = {}): MemoryNetwork => {
  const { schedule = (task: () => void) => platform.soon(task), roomBytes = 128 * 1024 } = options
  const wires: Wires = { schedule, roomBytes, ends: new Map(), refused: new Set(), lastId: 0 }
  return {
    transport: {
      kind: 'signaled',
      name: 'memory',
      load: () => Promise.resolve(),
      canLink: () => true,
      open: ({ memberId, remote, handlers }) => new MemoryLink(wires, memberId, remote, handlers),
    },
    get openEnds() {
      return wires.ends.size
    },
    refuse: (a, b) => void wires.refused.add(pairOf(a, b)),
    allow: (a, b) => void wires.refused.delete(pairOf(a, b)),
    cut: (a, b) => {
      for (const end of [...wires.ends.values()]) if (end.joins(a, b)) end.fail('cut')
    },
  }
}

interface Wires {
  readonly schedule: (task: () => void) => void
  readonly roomBytes: number
  readonly ends: Map<number, MemoryLink>
  readonly refused: Set<string>
  lastId: number
}

const pairOf = (a: string, b: string): string => JSON.stringify([a, b].sort())

class MemoryLink implements Link {
  readonly #wires: Wires
  readonly #memberId: string
  readonly #initiator: boolean
  readonly #handlers: LinkHandlers
  readonly #id: number
  readonly #buffered: Record<Lane, number> = { reliable: 0, unreliable: 0 }
  readonly #gates: Readonly<Record<Lane, SendGate>>
  readonly #waitingForEnd: (() => void)[] = []
  #other: MemoryLink | null = null
  /** Until the owner calls `close` or `end`. */
  #owned = true

  constructor(wires: Wires, memberId: string, remote: Uint8Array | null, handlers: LinkHandlers) {
    this.#wires = wires
    this.#memberId = memberId
    this.#initiator = remote === null
    this.#handlers = handlers
    this.#gates = { reliable: this.#createGate('reliable'), unreliable: this.#createGate('unreliable') }
    this.#id = wires.lastId += 1
    wires.ends.set(this.#id, this)
    // A description is the number of the end; there are no candidates.
    const description = new Uint8Array(new Uint32Array([this.#id]).buffer)
    platform.soon(() => {
      if (this.#owned && this.#open) handlers.onSignal('description', description)
    })
    if (remote !== null) this.signal(remote)
  }

  signal(bytes: Uint8Array): void {
    if (!this.#open || !this.#owned) return
    const other = bytes.length === 4 ? this.#wires.ends.get(new Uint32Array(bytes.slice().buffer)[0] as number) : null
    if (!other || other === this || other.#initiator === this.#initiator) return this.fail('bad signal')
    if (this.#initiator) this.#wires.schedule(() => this.#join(other))
  }

  write(lane: Lane, bytes: Uint8Array): void {
    const other = this.#other
    if (!this.#open || !this.#owned || other === null) return
    const copy = bytes.slice()
    this.#buffered[lane] += copy.length
    this.#wires.schedule(() => {
      if (!this.#open) return
      this.#buffered[lane] -= copy.length
      if (other.#open && other.#owned) other.#handlers.onBytes(lane, copy)
      this.#gates[lane].drained()
    })
    this.#gates[lane].wrote(copy.length)
  }

  close(): void {
    this.#owned = false
    this.fail('closed')
  }

  end(timeoutMs: number): Promise<void> {
    this.#owned = false
    if (this.#other === null) this.fail('closed')
    if (!this.#open) return Promise.resolve()
    const cancel = platform.setTimer(timeoutMs, () => this.fail('closed'))
    // Behind all that was written.
    this.#wires.schedule(() => this.fail('closed'))
    return new Promise((resolve) => {
      this.#waitingForEnd.push(cancel, resolve)
    })
  }

  joins(a: string, b: string): boolean {
    return this.#other !== null && pairOf(this.#memberId, this.#other.#memberId) === pairOf(a, b)
  }

  fail(reason: string): void {
    if (!this.#open) return
    this.#wires.ends.delete(this.#id)
    for (const gate of Object.values(this.#gates)) gate.stop()
    for (const done of this.#waitingForEnd) done()
    const other = this.#other
    if (other !== null) this.#wires.schedule(() => other.fail(`${reason} by the other side`))
    platform.soon(() => {
      if (this.#owned) this.#handlers.onClose(reason)
    })
  }

  get #open(): boolean {
    return this.#wires.ends.has(this.#id)
  }

  #join(other: MemoryLink): void {
    const ends = [this, other]
    const refused = this.#wires.refused.has(pairOf(this.#memberId, other.#memberId))
    if (refused || ends.some((end) => !end.#open || end.#other !== null)) {
      for (const end of ends) end.fail(refused ? 'refused' : 'the other side is gone')
      return
    }
    this.#other = other
    other.#other = this
    for (const end of ends) {
      const room = { reliable: end.#gates.reliable.room, unreliable: end.#gates.unreliable.room }
      this.#wires.schedule(() => {
        if (end.#open && end.#owned) end.#handlers.onOpen({ binding: null, room })
      })
    }
  }

  #createGate(lane: Lane): SendGate {
    return new SendGate({
      buffered: () => this.#buffered[lane],
      startBytes: this.#wires.roomBytes,
      maxBytes: this.#wires.roomBytes,
      largestBytes: MAX_FRAME_BYTES,
      // Told by each delivery instead.
      pollMs: Infinity,
      platform,
      onRoom: (bytes) => {
        if (this.#owned) this.#handlers.onRoom(lane, bytes)
      },
    })
  }
}
