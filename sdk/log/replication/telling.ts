import { PRESENCE_BLOCKS } from '../../protocol/limits.js'
import { encodeLogFrame } from '../../protocol/log-frames.js'
import type { Core } from '../core.js'
import type { BlockRange } from '../tree/positions.js'

/**
 * Tells one peer how long the log is and which blocks are here. What changes while the way to it has no room is told as one, so that
 * nothing gathers for a peer that does not read.
 */
export class Telling {
  readonly #core: Core
  readonly #send: (frame: Uint8Array) => Promise<void>
  #owesHead = false
  #owesAll = false
  /** By page of presence, what came or went within it. */
  readonly #owed = new Map<number, BlockRange>()
  #isRunning = false

  constructor(core: Core, send: (frame: Uint8Array) => Promise<void>) {
    this.#core = core
    this.#send = send
  }

  head(): void {
    this.#owesHead = true
    void this.#run()
  }

  all(): void {
    this.#owesAll = true
    void this.#run()
  }

  presence({ start, end }: BlockRange): void {
    for (let at = start; at < end;) {
      const page = Math.floor(at / PRESENCE_BLOCKS)
      const border = Math.min(end, (page + 1) * PRESENCE_BLOCKS)
      const owed = this.#owed.get(page)
      this.#owed.set(page, { start: Math.min(at, owed?.start ?? at), end: Math.max(border, owed?.end ?? border) })
      at = border
    }
    void this.#run()
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    for (let frame = this.#next(); frame !== null; frame = this.#next()) await this.#send(frame)
    this.#isRunning = false
  }

  /** The head comes first: presence counts as far as that. */
  #next(): Uint8Array | null {
    const { head, presence, size } = this.#core.state
    if (this.#owesHead && head !== null) {
      this.#owesHead = false
      return encodeLogFrame({ type: 'head', head })
    }
    if (this.#owesAll) {
      this.#owesAll = false
      if (size > 0 && presence.count(size) === size)
        return encodeLogFrame({ type: 'have', start: 0, count: size, bits: null })
      this.presence({ start: 0, end: size })
    }
    for (const [page, { start, end }] of this.#owed) {
      this.#owed.delete(page)
      // Bits begin where bytes do.
      const at = start - (start % 8)
      const count = Math.min(end, size) - at
      if (count > 0) return encodeLogFrame({ type: 'have', start: at, count, bits: presence.bits(at, count) })
    }
    return null
  }
}
