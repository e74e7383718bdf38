import type { Platform } from '../platform/platform.js'
import { Playback } from './playback.js'
import { Sight } from './sight.js'
import { isSameWish, showsAll, showsNothing, type Wish } from './wish.js'

/** How long less is wished before that is told: whoever scrolls past, or looks at another tab, comes back. */
const LESS_MS = 1_000

export interface AttachHandlers {
  /** What is done with this stream has changed. Not called for streams that were never attached. */
  readonly wish: (stream: MediaStream, wish: Wish) => void
  /** The browser refuses sound; once, until `startAudio()` has helped. */
  readonly blocked: () => void
}

interface Shown {
  readonly elements: Set<HTMLMediaElement>
  told: Wish
  /** Ends the wait until less is told. */
  cancel: (() => void) | null
}

const isMore = (next: Wish, than: Wish): boolean =>
  next.shown && (!than.shown || (next.maxHeight ?? Infinity) > (than.maxHeight ?? Infinity))

const join = (a: Wish, b: Wish): Wish => (isMore(b, a) ? b : a)

const checkElement = (element: HTMLMediaElement, action: string): void => {
  const { play, srcObject } = (element as Partial<HTMLMediaElement> | null) ?? {}
  if (typeof play === 'function' && srcObject !== undefined) return
  throw new TypeError(`stream could not be ${action}: it takes a video or audio element`)
}

/**
 * Streams in the elements of a page: has them play, and knows which ones are seen and how large, so that nobody sends what is not. A stream
 * that was never attached here counts as shown, as the application may do with it whatever it likes.
 *
 * Handlers must not throw.
 */
export class Attachments {
  readonly #handlers: AttachHandlers
  readonly #platform: Pick<Platform, 'setTimer'>
  readonly #playback: Playback
  readonly #sight = new Sight((element) => this.#handleSeen(element))
  readonly #streams = new Map<MediaStream, Shown>()
  readonly #attached = new Map<HTMLMediaElement, MediaStream>()

  constructor(handlers: AttachHandlers, platform: Pick<Platform, 'setTimer'>) {
    this.#handlers = handlers
    this.#platform = platform
    this.#playback = new Playback(platform, () => handlers.blocked())
  }

  /**
   * Shows the stream in this element, in place of what it has shown. One stream may be in several elements. Throws a `TypeError` for what is no
   * media element.
   */
  attach(stream: MediaStream, element: HTMLMediaElement): void {
    checkElement(element, 'attached')
    const before = this.#attached.get(element)
    if (before === stream && element.srcObject === stream) return
    if (before !== undefined) this.#release(before, element)
    const shown = this.#shownOf(stream)
    shown.elements.add(element)
    this.#attached.set(element, stream)
    // Without, phones show it alone on all of the screen.
    if ('playsInline' in element) element.playsInline = true
    element.autoplay = true
    element.srcObject = stream
    this.#sight.watch(element)
    this.#playback.play(element)
    this.#review(stream, shown)
  }

  /** Takes the stream out of this element, or of all that it is in. Without effect where it is not. */
  detach(stream: MediaStream, element?: HTMLMediaElement): void {
    if (element !== undefined) checkElement(element, 'detached')
    const shown = this.#streams.get(stream)
    if (shown === undefined) return
    for (const each of element === undefined ? [...shown.elements] : [element]) {
      if (this.#attached.get(each) !== stream) continue
      this.#release(stream, each)
      // The application may have put something else there.
      if (each.srcObject === stream) each.srcObject = null
    }
    this.#review(stream, shown)
  }

  wishOf(stream: MediaStream): Wish {
    return this.#streams.get(stream)?.told ?? showsAll
  }

  /** The stream has other tracks than before. */
  handleTracks(stream: MediaStream): void {
    if (this.#streams.has(stream)) this.#playback.review()
  }

  /** The stream is over: nothing of it is shown, kept or told any more. */
  forget(stream: MediaStream): void {
    this.detach(stream)
    this.#streams.get(stream)?.cancel?.()
    this.#streams.delete(stream)
  }

  /** See {@link Playback.startAudio}. */
  startAudio(): Promise<void> {
    return this.#playback.startAudio()
  }

  close(): void {
    for (const stream of [...this.#streams.keys()]) this.forget(stream)
    this.#sight.close()
  }

  #shownOf(stream: MediaStream): Shown {
    let shown = this.#streams.get(stream)
    if (shown === undefined) {
      shown = { elements: new Set(), told: showsAll, cancel: null }
      this.#streams.set(stream, shown)
    }
    return shown
  }

  #release(stream: MediaStream, element: HTMLMediaElement): void {
    this.#streams.get(stream)?.elements.delete(element)
    this.#attached.delete(element)
    this.#sight.unwatch(element)
    this.#playback.stop(element)
    const shown = this.#streams.get(stream)
    if (shown !== undefined) this.#review(stream, shown)
  }

  #handleSeen(element: HTMLMediaElement): void {
    const stream = this.#attached.get(element)
    const shown = stream && this.#streams.get(stream)
    if (shown) this.#review(stream, shown)
  }

  #wishNow({ elements }: Shown): Wish {
    return [...elements].map((element) => this.#sight.wishOf(element)).reduce(join, showsNothing)
  }

  #review(stream: MediaStream, shown: Shown): void {
    const next = this.#wishNow(shown)
    if (isSameWish(next, shown.told)) {
      shown.cancel?.()
      shown.cancel = null
      return
    }
    if (isMore(next, shown.told)) return this.#tell(stream, shown, next)
    shown.cancel ??= this.#platform.setTimer(LESS_MS, () => this.#tell(stream, shown, this.#wishNow(shown)))
  }

  #tell(stream: MediaStream, shown: Shown, next: Wish): void {
    shown.cancel?.()
    shown.cancel = null
    if (isSameWish(next, shown.told)) return
    shown.told = next
    this.#handlers.wish(stream, next)
  }
}
