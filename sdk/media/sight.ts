import { showsAll, showsNothing, type Wish } from './wish.js'

/** Heights that are asked for: the next one up, so that a place that grows slowly does not ask for another picture with each pixel. */
const HEIGHTS = [90, 135, 180, 270, 360, 540, 720, 1_080, 1_440, 2_160]
/** Beyond, nobody sees a difference in a moving picture. */
const MAX_DENSITY = 2
/** A floating window, whose size nobody tells; it is small. */
const FLOATING_HEIGHT = 360
/** Of the window's: what is scrolled to is sent before it is in sight. */
const MARGIN = '20%'

interface Place {
  isInWindow: boolean
  width: number
  height: number
  readonly stop: () => void
}

const isVideo = (element: HTMLMediaElement): element is HTMLVideoElement => 'videoWidth' in element

/** How high the picture is in its place. */
const pictureHeight = (video: HTMLVideoElement, { width, height }: Place): number => {
  const { videoWidth, videoHeight } = video
  if (videoWidth === 0) return height
  const byWidth = (width * videoHeight) / videoWidth
  const { objectFit } = getComputedStyle(video)
  if (objectFit === 'contain' || objectFit === 'scale-down') return Math.min(height, byWidth)
  return objectFit === 'cover' ? Math.max(height, byWidth) : height
}

/**
 * Which elements a person can see, and how large what they show is. An element that is not in the document, scrolled away, without
 * extent, or on a page in the background is not seen. Whatever is observed is so until `unwatch` or `close`.
 */
export class Sight {
  readonly #changed: (element: HTMLMediaElement) => void
  readonly #places = new Map<HTMLMediaElement, Place>()
  #stopPage: (() => void) | null = null
  #inWindow: IntersectionObserver | null = null
  #sizes: ResizeObserver | null = null

  constructor(changed: (element: HTMLMediaElement) => void) {
    this.#changed = changed
  }

  watch(element: HTMLMediaElement): void {
    // What only sounds is never seen; and without a page there is nothing to be seen on.
    if (!isVideo(element) || this.#places.has(element) || typeof IntersectionObserver === 'undefined') return
    this.#start()
    const review = (): void => this.#changed(element)
    const names = ['resize', 'enterpictureinpicture', 'leavepictureinpicture'] as const
    for (const name of names) element.addEventListener(name, review)
    const stop = (): void => {
      for (const name of names) element.removeEventListener(name, review)
      this.#inWindow?.unobserve(element)
      this.#sizes?.unobserve(element)
    }
    this.#places.set(element, { isInWindow: false, width: 0, height: 0, stop })
    this.#inWindow?.observe(element)
    this.#sizes?.observe(element)
  }

  unwatch(element: HTMLMediaElement): void {
    this.#places.get(element)?.stop()
    this.#places.delete(element)
    if (this.#places.size === 0) this.#stop()
  }

  wishOf(element: HTMLMediaElement): Wish {
    if (!isVideo(element)) return showsNothing
    const place = this.#places.get(element)
    if (place === undefined) return showsAll
    if (document.pictureInPictureElement === element) return { shown: true, maxHeight: FLOATING_HEIGHT }
    // In a window of its own, which is not observed from here, and which somebody has opened to see it.
    if (element.isConnected && element.ownerDocument !== document) return showsAll
    if (document.visibilityState === 'hidden' || !place.isInWindow || place.width * place.height === 0)
      return showsNothing
    const pixels = pictureHeight(element, place) * Math.min(devicePixelRatio, MAX_DENSITY)
    return { shown: true, maxHeight: HEIGHTS.find((height) => height >= pixels) ?? null }
  }

  close(): void {
    for (const element of [...this.#places.keys()]) this.unwatch(element)
  }

  #start(): void {
    if (this.#inWindow !== null) return
    this.#inWindow = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) this.#update(target, { isInWindow: isIntersecting })
      },
      { rootMargin: MARGIN },
    )
    this.#sizes = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) {
        this.#update(target, { width: contentRect.width, height: contentRect.height })
      }
    })
    const review = (): void => {
      for (const element of [...this.#places.keys()]) this.#changed(element)
    }
    document.addEventListener('visibilitychange', review)
    this.#stopPage = () => document.removeEventListener('visibilitychange', review)
  }

  #stop(): void {
    this.#inWindow?.disconnect()
    this.#sizes?.disconnect()
    this.#stopPage?.()
    this.#inWindow = this.#sizes = this.#stopPage = null
  }

  #update(target: Element, seen: Partial<Place>): void {
    const element = target as HTMLMediaElement
    const place = this.#places.get(element)
    if (place === undefined) return
    Object.assign(place, seen)
    this.#changed(element)
  }
}
