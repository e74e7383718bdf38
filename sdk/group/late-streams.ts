import type { StreamHome, StreamHub } from '../mesh/streams.js'

/** The streams of a group for whoever asks before there are any. */
export class LateStreams implements StreamHome {
  readonly #waiting = new Set<(hub: StreamHub) => void>()
  #hub: StreamHub | null = null

  onStreams(use: (hub: StreamHub) => void): () => void {
    if (this.#hub === null) this.#waiting.add(use)
    else use(this.#hub)
    return () => this.#waiting.delete(use)
  }

  /** Once. */
  begin(hub: StreamHub): void {
    this.#hub = hub
    for (const use of this.#waiting) use(hub)
    this.#waiting.clear()
  }
}
