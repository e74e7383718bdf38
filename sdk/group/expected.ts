import type { ExpectedLink, SignaledTransport, Transport } from '../link/link.js'
import type { Platform } from '../platform/platform.js'

/** Whoever was introduced begins within a second or two, or has crashed. */
const EXPECT_MS = 5_000

interface Expecting {
  readonly memberId: string
  readonly link: ExpectedLink
  readonly stopTimer: () => void
}

/** The first transport that could link with this member now. */
export const findTransport = (transports: readonly Transport[], memberId: string): SignaledTransport | null =>
  transports.find((each): each is SignaledTransport => each.kind === 'signaled' && each.canLink(memberId)) ?? null

/**
 * What is made ready for a member that is about to begin. For one at a time: where many come at once there is no time that nothing else is done
 * in.
 */
export class Expected {
  readonly #transports: readonly Transport[]
  readonly #iceServers: readonly RTCIceServer[]
  readonly #clock: Pick<Platform, 'setTimer'>
  #expecting: Expecting | null = null

  constructor(
    transports: readonly Transport[],
    iceServers: readonly RTCIceServer[],
    clock: Pick<Platform, 'setTimer'>,
  ) {
    this.#transports = transports
    this.#iceServers = iceServers
    this.#clock = clock
  }

  expect(memberId: string): void {
    const transport = findTransport(this.#transports, memberId)
    if (this.#expecting !== null || transport?.expect === undefined) return
    try {
      const link = transport.expect({ memberId, iceServers: this.#iceServers })
      this.#expecting = { memberId, link, stopTimer: this.#clock.setTimer(EXPECT_MS, () => this.close()) }
    } catch {
      // It will fail again when the member begins, and be told of then.
    }
  }

  /** What is ready for this member; it is the caller's then. */
  take(memberId: string): ExpectedLink | null {
    if (this.#expecting?.memberId !== memberId) return null
    const { link, stopTimer } = this.#expecting
    this.#expecting = null
    stopTimer()
    return link
  }

  /** Idempotent. */
  close(): void {
    if (this.#expecting !== null) this.take(this.#expecting.memberId)?.close()
  }
}
