/** The engine as `webRTC({ rtc })` takes it. */
interface Engine {
  readonly RTCPeerConnection: typeof RTCPeerConnection
  readonly RTCSessionDescription: typeof RTCSessionDescription
  readonly RTCIceCandidate: typeof RTCIceCandidate
  readonly MediaStream: typeof MediaStream
}

type Held = readonly string[] | 'all'

const events = ['message', 'close', 'error'] as const

/** Which members WebRTC may connect, what passes between them, and a count of what it made for them. */
export class RtcRules {
  #only: ReadonlySet<string> | null = null
  /** Ids that get no engine at all. */
  readonly refused = new Set<string>()
  /** Ids that get an engine whose candidates never connect. */
  readonly blind = new Set<string>()
  /** Connections that are not closed. */
  readonly open = new Set<RTCPeerConnection>()
  made = 0
  /** The data channels of open connections by the member that they lead to, for a member that means harm. */
  readonly channels = new Map<string, RTCDataChannel[]>()

  #held: Held = []
  readonly #dead = new WeakSet<RTCDataChannel>()
  readonly #cut = new WeakSet<RTCDataChannel>()
  #waiting: (() => void)[] = []

  constructor(only?: readonly string[]) {
    this.allow(only ?? null)
  }

  /**
   * As if the network to these members were gone: nothing goes out or comes in until `hold([])`, when all of it does,
   * as SCTP sends again what was not acknowledged. New connections to them fail meanwhile.
   */
  hold(ids: Held): void {
    this.#held = ids
    if (ids.length > 0) return
    for (const happening of this.#waiting.splice(0)) happening()
  }

  /** As if the network under the links to this member were gone for good: they swallow everything. New ones work. */
  swallow(id: string): void {
    for (const channel of this.channels.get(id) ?? []) this.#dead.add(channel)
  }

  /** Closes the links to this member underneath, and both ends hear of it. */
  cut(id: string): void {
    for (const channel of this.channels.get(id) ?? []) {
      this.#cut.add(channel)
      channel.close()
    }
  }

  #isHeld(id: string): boolean {
    return this.#held === 'all' || this.#held.includes(id)
  }

  #pass(id: string, channel: RTCDataChannel, happening: () => void): void {
    if (this.#dead.has(channel)) return
    if (this.#isHeld(id)) this.#waiting.push(happening)
    else happening()
  }

  #tap(id: string, channel: RTCDataChannel): void {
    const send = channel.send.bind(channel) as (data: unknown) => void
    channel.send = (data: unknown) =>
      this.#pass(id, channel, () => {
        if (channel.readyState === 'open') send(data)
      })
    for (const name of events) {
      let handler: ((event: Event) => void) | null = null
      Object.defineProperty(channel, `on${name}`, {
        get: () => handler,
        set: (next: typeof handler) => {
          handler = next
        },
      })
      channel.addEventListener(name, (event) => {
        if (this.#cut.has(channel) && name === 'close') handler?.(event)
        else this.#pass(id, channel, () => handler?.(event))
      })
    }
  }

  /** From now on these alone are connected; `null` for everyone. */
  allow(only: readonly string[] | null): void {
    this.#only = only === null ? null : new Set(only)
  }

  engine(id: string): Engine | null {
    if (this.refused.has(id) || this.#only?.has(id) === false) return null
    const { RTCSessionDescription, RTCIceCandidate, MediaStream } = window
    return { RTCPeerConnection: this.#connectionClass(id), RTCSessionDescription, RTCIceCandidate, MediaStream }
  }

  #connectionClass(id: string): typeof RTCPeerConnection {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- `this` of the methods below is a connection
    const rules = this
    return class extends RTCPeerConnection {
      readonly #channels: RTCDataChannel[] = []

      constructor(configuration?: RTCConfiguration) {
        // Without a TURN server nothing is left to gather, and so nothing to connect with.
        super(
          rules.blind.has(id) || rules.#isHeld(id) ? { ...configuration, iceTransportPolicy: 'relay' } : configuration,
        )
        rules.open.add(this)
        rules.made += 1
      }

      override close(): void {
        rules.open.delete(this)
        // A closed connection is nobody's any more, and goes with all that listens to it.
        const others = (rules.channels.get(id) ?? []).filter((channel) => !this.#channels.includes(channel))
        rules.channels.set(id, others)
        super.close()
      }

      override createDataChannel(label: string, init?: RTCDataChannelInit): RTCDataChannel {
        const channel = super.createDataChannel(label, init)
        rules.#tap(id, channel)
        this.#channels.push(channel)
        rules.channels.set(id, [...(rules.channels.get(id) ?? []), channel])
        return channel
      }
    }
  }
}
