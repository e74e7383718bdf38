import type { TrackKind } from './media.js'

/**
 * One section of the connection's descriptions, for one track each way. It is there from when it is made until the
 * connection closes, and always open both ways: what it carries changes without the other side being asked.
 */
export class MediaSlot {
  readonly kind: TrackKind
  readonly #transceiver: RTCRtpTransceiver
  /** Both sides have described it. */
  isAgreed = false
  /** What it carries of mine, by label. */
  own: number | null = null

  constructor(transceiver: RTCRtpTransceiver, kind: TrackKind) {
    this.#transceiver = transceiver
    this.kind = kind
  }

  /** `null` until this side has described it. */
  get mid(): string | null {
    return this.#transceiver.mid
  }

  /** What the other side sends; there all the time. */
  get theirs(): MediaStreamTrack {
    return this.#transceiver.receiver.track
  }

  get sender(): RTCRtpSender {
    return this.#transceiver.sender
  }

  /** To be asked once both sides have described everything: whether it is still there, and open both ways. */
  get isOpen(): boolean {
    return this.#transceiver.currentDirection === 'sendrecv'
  }

  /** The other side has made it: answers that it is open both ways. */
  accept(): void {
    this.#transceiver.direction = 'sendrecv'
  }

  carry(track: MediaStreamTrack | null): Promise<void> {
    return this.#transceiver.sender.replaceTrack(track)
  }
}
