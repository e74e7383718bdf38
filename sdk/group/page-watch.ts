import type { Platform } from '../platform/platform.js'

interface PageHandlers {
  /** The network or the page is back. */
  hint(hint: 'online' | 'resumed'): void
  /** The page is put away: for good, or so that it may come back. */
  hide(mayComeBack: boolean): void
}

/** What a browser says of the page and of the network, while somebody wants to know. */
export class PageWatch {
  readonly #platform: Pick<Platform, 'watchPage'>
  readonly #handlers: PageHandlers
  #stop: (() => void) | null = null

  constructor(platform: Pick<Platform, 'watchPage'>, handlers: PageHandlers) {
    this.#platform = platform
    this.#handlers = handlers
  }

  start(): void {
    const hint = (hint: 'online' | 'resumed') => () => {
      this.#handlers.hint(hint)
    }
    this.#stop ??= this.#platform.watchPage({
      pagehide: ({ persisted }) => {
        this.#handlers.hide(persisted)
      },
      pageshow: hint('resumed'),
      online: hint('online'),
      visible: hint('resumed'),
      resume: hint('resumed'),
    })
  }

  stop(): void {
    this.#stop?.()
    this.#stop = null
  }
}
