import { MAX_LOG_REQUESTS } from '../../protocol/limits.js'
import { encodeLogFrame } from '../../protocol/log-frames.js'
import type { OpenRequests } from './open-requests.js'
import type { Timing } from './port.js'

/** Sizes from which on somebody is asked how the log grew: its own, and what other peers show that it cannot be compared with. */
const MAX_GROWTHS = 8
/** After which a peer is asked again that could not show what it knows of: it may lack nodes, or have failed to read them. */
const AGAIN_MS = 10_000

export interface GrowthsParts {
  readonly requests: OpenRequests
  readonly timing: Timing
  readonly send: (frame: Uint8Array) => void
  /** What could not be shown may be by now. */
  readonly again: () => void
}

/** How the log grew, as far as one peer is asked for that. */
export class Growths {
  readonly #parts: GrowthsParts
  /** By id, from which size on. */
  readonly #asked = new Map<number, number>()
  /** By the size from which on it could not be shown. */
  readonly #refused = new Map<number, () => void>()
  #hasAnswer = false

  constructor(parts: GrowthsParts) {
    this.#parts = parts
  }

  /** Whether the peer has ever told how the log grew, or that it did not. */
  get hasAnswer(): boolean {
    return this.#hasAnswer
  }

  /** Without effect while that is being asked, or could not be shown just now, or too much is asked. */
  ask(from: number): void {
    const { requests, send } = this.#parts
    const isKnown = [...this.#asked.values()].includes(from) || this.#refused.has(from)
    // One is left for `Keeps`.
    const isRoom = this.#asked.size + this.#refused.size < MAX_GROWTHS && requests.size < MAX_LOG_REQUESTS - 1
    if (isKnown || !isRoom) return
    const id = requests.begin((isSilent) => {
      if (!isSilent) return
      this.#end(id)
      send(encodeLogFrame({ type: 'cancel', id }))
      this.ask(from)
    })
    this.#asked.set(id, from)
    send(encodeLogFrame({ type: 'ask', id, from }))
  }

  /** From which size on growth was asked for by this id; `null` for an answer that is too late. */
  answered(id: number): number | null {
    const from = this.#end(id)
    if (from === null) return null
    this.#hasAnswer = true
    return from
  }

  /** The peer, which has shown a log of `size`, has nothing to show by this id; whether growth was asked for by it. */
  refused(id: number, size: number): boolean {
    const from = this.answered(id)
    if (from !== null && size > from) {
      const again = (): void => {
        this.#refused.delete(from)
        this.#parts.again()
      }
      this.#refused.set(from, this.#parts.timing.setTimer(AGAIN_MS, again))
    }
    return from !== null
  }

  close(): void {
    for (const id of [...this.#asked.keys()]) this.#end(id)
    for (const stopTimer of this.#refused.values()) stopTimer()
    this.#refused.clear()
  }

  #end(id: number): number | null {
    const from = this.#asked.get(id)
    if (from === undefined) return null
    this.#asked.delete(id)
    this.#parts.requests.end(id)
    return from
  }
}
