import type { Platform } from '../platform/platform.js'

/** How long a description waits for candidates to travel with it, at most. */
const GATHER_MS = 50
/**
 * How long after the last candidate it goes without waiting for more. Chromium has all addresses of its own within 5 ms
 * and says so 120 ms later, and @roamhq/wrtc not before the answer.
 */
const QUIET_MS = 5

/**
 * Decides when the local description is ready to travel: when gathering is complete or has gone quiet, and not long
 * after the description was set in any case. What has been gathered by then is part of it.
 */
export class Gathering {
  readonly #connection: RTCPeerConnection
  readonly #platform: Pick<Platform, 'setTimer'>
  readonly #onReady: (description: { readonly kind: 'offer' | 'answer'; readonly sdp: string }) => void
  #done = false
  #cancelLimit = (): void => {}
  #cancelQuiet = (): void => {}

  constructor(
    connection: RTCPeerConnection,
    platform: Pick<Platform, 'setTimer'>,
    onReady: (description: { readonly kind: 'offer' | 'answer'; readonly sdp: string }) => void,
  ) {
    this.#connection = connection
    this.#platform = platform
    this.#onReady = onReady
    connection.onicegatheringstatechange = () => this.#checkComplete()
  }

  /** The local description is set. */
  handleDescription(): void {
    if (this.#done) return
    this.#cancelLimit()
    this.#cancelLimit = this.#platform.setTimer(GATHER_MS, () => this.#finish())
    this.#checkComplete()
  }

  /** Whether this candidate travels with the description; else it has to travel by itself. */
  takesCandidate(): boolean {
    if (this.#done) return false
    this.#cancelQuiet()
    this.#cancelQuiet = this.#platform.setTimer(QUIET_MS, () => this.#finish())
    return true
  }

  stop(): void {
    this.#done = true
    this.#cancelLimit()
    this.#cancelQuiet()
    this.#connection.onicegatheringstatechange = null
  }

  #checkComplete(): void {
    if (this.#connection.iceGatheringState === 'complete') this.#finish()
  }

  #finish(): void {
    const description = this.#connection.localDescription
    if (this.#done || (description?.type !== 'offer' && description?.type !== 'answer')) return
    this.stop()
    this.#onReady({ kind: description.type, sdp: description.sdp })
  }
}
