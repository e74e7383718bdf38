import type { Platform } from '../platform/platform.js'
import type { Lane } from '../protocol/carrier.js'
import type { Link, LinkHandlers } from './link.js'
import type { MediaPort } from './media.js'
import type { Slots } from './slots.js'

/** A set-up that takes longer is waiting for the other side, and needs little of this one. */
const SLOT_MS = 3_000

/**
 * A link whose set-up begins when it is its turn. A connection that is being made takes many file descriptors and much
 * of a core: hundreds at once fail where a few at a time are through in seconds.
 */
export class PacedLink implements Link {
  #link: Link | null = null
  #isOver = false
  readonly #release: () => void
  #cancelTimer = (): void => {}

  /** `begin` is called at most once. It may be called before this constructor is through, and must not call back. */
  constructor(options: {
    readonly slots: Slots
    readonly platform: Pick<Platform, 'setTimer' | 'soon'>
    readonly handlers: LinkHandlers
    readonly begin: (handlers: LinkHandlers) => Link
  }) {
    const { slots, platform, handlers, begin } = options
    const release = slots.take(() => {
      this.#cancelTimer = platform.setTimer(SLOT_MS, () => this.#release())
      this.#link = begin({
        ...handlers,
        onOpen: (info) => {
          this.#done()
          handlers.onOpen(info)
        },
        onClose: (reason) => {
          this.#done()
          handlers.onClose(reason)
        },
      })
    })
    // The next one begins in a task of its own, never inside a call into this one.
    this.#release = () => platform.soon(release)
  }

  get media(): MediaPort | null {
    return this.#link?.media ?? null
  }

  signal(bytes: Uint8Array): void {
    this.#link?.signal(bytes)
  }

  write(lane: Lane, bytes: Uint8Array): void {
    this.#link?.write(lane, bytes)
  }

  close(): void {
    this.#done()
    this.#link?.close()
  }

  end(timeoutMs: number): Promise<void> {
    this.#done()
    return this.#link?.end(timeoutMs) ?? Promise.resolve()
  }

  #done(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelTimer()
    this.#release()
  }
}
