import type { Link } from '../link/link.js'
import type { Platform } from '../platform/platform.js'

/** How long a link may take to send what is still in it, or to be ended by the other side, when the engine is done with it. */
const END_MS = 1_000

/** Links that the engine is done with and that are not closed yet. */
export class EndingLinks {
  readonly #clock: Pick<Platform, 'setTimer'>
  /** With what ends the wait for the other side, where that is what it waits for. */
  readonly #links = new Map<Link, { readonly ended: Promise<void>; readonly handleClosed: () => void }>()

  constructor(clock: Pick<Platform, 'setTimer'>) {
    this.#clock = clock
  }

  /** Resolves when all are closed. */
  get closed(): Promise<unknown> {
    return Promise.all([...this.#links.values()].map(({ ended }) => ended))
  }

  /** Ends it when what is in it is sent. */
  drain(link: Link): void {
    const ended = link.end(END_MS).finally(() => this.#links.delete(link))
    this.#links.set(link, { ended, handleClosed: () => undefined })
  }

  /**
   * Leaves it to the other side, which has said goodbye and ends it behind that. A link that goes while its other end is about to
   * write is a segmentation fault there, where that end is one of @roamhq/wrtc: it lets go of a channel on another thread
   * than the one that writes (measured: a member of Node that leaves, on a busy machine, after 50 times).
   */
  leave(link: Link): void {
    let handleClosed = (): void => undefined
    const ended = new Promise<void>((resolve) => {
      const cancel = this.#clock.setTimer(END_MS, () => handleClosed())
      handleClosed = () => {
        cancel()
        this.#links.delete(link)
        link.close()
        resolve()
      }
    })
    this.#links.set(link, { ended, handleClosed })
  }

  /** To be told of a link that has closed by itself. */
  handleClosed(link: Link): void {
    this.#links.get(link)?.handleClosed()
  }

  /** Closes all at once. */
  close(): void {
    for (const [link, { handleClosed }] of [...this.#links]) {
      link.close()
      handleClosed()
    }
  }
}
