/** What each message counts beside its bytes, as streams count them. */
const MESSAGE_COST = 64

/** Something that may be sent to one recipient. */
export interface LatestValue {
  /** Sends it now. */
  start(): void
  /** A newer one has taken its place. */
  replace(): void
  /** The recipient has left. */
  lose(): void
}

/**
 * Where only the newest counts: holds it back from each recipient that has too much unacknowledged, and lets it go as soon as that
 * recipient has acknowledged. So each goes at its own pace, and waits for no more than what is on its way.
 */
export class LatestLanes {
  readonly #maxBytes: number
  /** By recipient, what it has not acknowledged, as far as is known. */
  readonly #bytes = new Map<string, number>()
  /** By recipient and lane. Whoever has something waiting has no room. */
  readonly #waiting = new Map<string, Map<string, LatestValue>>()

  /** `maxBytes`: what a recipient may have unacknowledged, and one value more. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  hasRoom(id: string): boolean {
    return (this.#bytes.get(id) ?? 0) < this.#maxBytes
  }

  /** A value of so many bytes is sent to this recipient, and not acknowledged yet. */
  sent(id: string, bytes: number): void {
    this.#bytes.set(id, (this.#bytes.get(id) ?? 0) + bytes + MESSAGE_COST)
  }

  /** Of one lane, the newest counts. */
  submit(id: string, lane: string, value: LatestValue): void {
    if (this.hasRoom(id)) return value.start()
    const waiting = this.#waiting.get(id) ?? new Map<string, LatestValue>()
    waiting.get(lane)?.replace()
    this.#waiting.set(id, waiting.set(lane, value))
  }

  /** This recipient has so much unacknowledged. */
  acknowledged(id: string, bytes: number): void {
    this.#bytes.set(id, bytes)
    const waiting = this.#waiting.get(id)
    for (const [lane, value] of waiting ?? []) {
      if (!this.hasRoom(id)) return
      waiting?.delete(lane)
      value.start()
    }
    this.#waiting.delete(id)
  }

  memberLeft(id: string): void {
    const waiting = this.#waiting.get(id)
    this.#bytes.delete(id)
    this.#waiting.delete(id)
    for (const value of waiting?.values() ?? []) value.lose()
  }

  /** Nobody is here, and what waits is not sent. */
  clear(): void {
    this.#bytes.clear()
    this.#waiting.clear()
  }
}
