import type { Core } from '../core.js'
import type { LogState } from '../state.js'

export interface DownloadProgress {
  /** Blocks of the range that are here. */
  readonly done: number
  readonly total: number
}

export interface DownloadRequest {
  readonly start: number
  /** The block behind the last. Blocks that the log does not have yet are waited for. */
  readonly end: number
  /** Called when more of them are here, or fewer. Must not throw. */
  readonly onProgress: (progress: DownloadProgress) => void
  readonly signal: AbortSignal
}

/** Waits until all blocks of a range are here. */
export class Download {
  readonly done: Promise<void>
  readonly #core: Core
  readonly #options: DownloadRequest
  readonly #aborted: () => void
  #settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | null = null
  #count = 0
  #seen: LogState | null = null

  constructor(core: Core, options: DownloadRequest) {
    this.#core = core
    this.#options = options
    this.#aborted = () => this.fail(options.signal.reason)
    this.done = new Promise((resolve, reject) => (this.#settle = { resolve, reject }))
    options.signal.addEventListener('abort', this.#aborted, { once: true })
    if (options.signal.aborted) this.#aborted()
    else this.look()
  }

  /** To be called when blocks came or went. */
  look(): void {
    const { state } = this.#core
    const { start, end, onProgress } = this.#options
    if (this.#settle === null || this.#seen === state) return
    this.#seen = state
    const to = Math.min(end, state.size)
    const count = start < to ? state.presence.countIn(start, to) : 0
    if (count !== this.#count) onProgress({ done: count, total: end - start })
    this.#count = count
    if (count === end - start) this.#end()?.resolve()
  }

  fail(reason: unknown): void {
    this.#end()?.reject(reason)
  }

  /** What settles it, once. */
  #end(): { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | null {
    const settle = this.#settle
    this.#settle = null
    this.#options.signal.removeEventListener('abort', this.#aborted)
    return settle
  }
}
