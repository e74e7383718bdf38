import { encodeLogFrame } from '../../protocol/log-frames.js'
import type { BlockRange } from '../tree/positions.js'
import type { OpenRequests } from './open-requests.js'
import type { Timing } from './port.js'

/** After which a peer may be asked again that did not have all durably: its disk was busy or full, or others have cleared what it had. */
const AGAIN_MS = 5_000

export interface KeepsParts {
  readonly requests: OpenRequests
  readonly timing: Timing
  readonly send: (frame: Uint8Array) => void
}

interface Keep {
  readonly done: (isKept: boolean) => void
  stopTimer: () => void
}

/** What one peer is asked to have durably. */
export class Keeps {
  readonly #parts: KeepsParts
  readonly #asked = new Map<number, Keep>()

  constructor(parts: KeepsParts) {
    this.#parts = parts
  }

  /** Resolves with whether the peer has all of these durably, however long it takes to say so; when not, not before it may be asked again. */
  ask({ start, end }: BlockRange): Promise<boolean> {
    const { requests, send } = this.#parts
    const id = requests.begin(null)
    return new Promise((resolve) => {
      this.#asked.set(id, { done: resolve, stopTimer: () => undefined })
      send(encodeLogFrame({ type: 'keep', id, start, count: end - start }))
    })
  }

  kept(id: number): void {
    this.#end(id, true)
  }

  /** Whether durability was asked for by this id. */
  refused(id: number): boolean {
    const keep = this.#asked.get(id)
    if (keep === undefined) return false
    this.#parts.requests.end(id)
    keep.stopTimer = this.#parts.timing.setTimer(AGAIN_MS, () => this.#end(id, false))
    return true
  }

  close(): void {
    for (const id of [...this.#asked.keys()]) this.#end(id, false)
  }

  #end(id: number, isKept: boolean): void {
    const keep = this.#asked.get(id)
    this.#asked.delete(id)
    this.#parts.requests.end(id)
    keep?.stopTimer()
    keep?.done(isKept)
  }
}
