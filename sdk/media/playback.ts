import { SkeinError } from '../errors.js'
import type { Platform } from '../platform/platform.js'

/** A browser refuses at once. What takes longer may play, and waits for something to be played. */
const REFUSAL_MS = 1_000

const isRefusal = (error: unknown): boolean => (error as { readonly name?: unknown } | null)?.name === 'NotAllowedError'

/** Any other failure is not one to tell of: whoever takes the stream away while it begins makes `play()` reject, too. */
const isRefused = (element: HTMLMediaElement): Promise<boolean> => {
  try {
    // Old engines return nothing, and those of tests.
    return Promise.resolve(element.play()).then(() => false, isRefusal)
  } catch (error) {
    return Promise.resolve(isRefusal(error))
  }
}

const streamOf = ({ srcObject }: HTMLMediaElement): MediaStream | null => srcObject as MediaStream | null
const hasAudio = (element: HTMLMediaElement): boolean => (streamOf(element)?.getAudioTracks().length ?? 0) > 0

/**
 * Sees to it that elements play. A browser refuses sound on a page that nobody has touched: then the element plays without, so that
 * the picture is there, and has its sound back with `startAudio()`.
 */
export class Playback {
  readonly #platform: Pick<Platform, 'setTimer'>
  readonly #blocked: () => void
  /** By us, and not by whoever made them. */
  readonly #silenced = new Set<HTMLMediaElement>()
  #isTold = false

  /** `blocked` is called once, until `startAudio()` has helped; it must not throw. */
  constructor(platform: Pick<Platform, 'setTimer'>, blocked: () => void) {
    this.#platform = platform
    this.#blocked = blocked
  }

  play(element: HTMLMediaElement): void {
    const stream = streamOf(element)
    void isRefused(element).then((refused) => {
      // Muted ones are refused where media is not wanted at all; and meanwhile it may play something else.
      if (!refused || element.muted || streamOf(element) !== stream) return
      this.#silence(element)
      this.#tell()
    })
  }

  /** What an element plays has other tracks now. */
  review(): void {
    this.#tell()
  }

  stop(element: HTMLMediaElement): void {
    if (!this.#silenced.delete(element)) return
    element.muted = false
    if (this.#silenced.size === 0) this.#isTold = false
  }

  /**
   * To be called by what a click or a key does. Resolves when all that was refused has its sound; rejects `media-denied` when the browser
   * refuses again.
   */
  async startAudio(): Promise<void> {
    const elements = [...this.#silenced]
    // All of them before anything is waited for: the click does not count for long.
    const refused = await Promise.all(elements.map((element) => this.#unmute(element)))
    for (const [index, element] of elements.entries()) {
      // Taken away meanwhile.
      if (!this.#silenced.has(element)) continue
      if (refused[index] === true) this.#silence(element)
      else this.#silenced.delete(element)
    }
    if (this.#silenced.size === 0) this.#isTold = false
    if (refused.includes(true)) {
      throw new SkeinError(
        'media-denied',
        'audio could not be started: the browser allows it only after a click or a key',
      )
    }
  }

  #unmute(element: HTMLMediaElement): Promise<boolean> {
    element.muted = false
    let cancel: () => void = () => {}
    const waits = new Promise<boolean>((resolve) => {
      cancel = this.#platform.setTimer(REFUSAL_MS, () => resolve(false))
    })
    return Promise.race([isRefused(element), waits]).finally(cancel)
  }

  #silence(element: HTMLMediaElement): void {
    element.muted = true
    this.#silenced.add(element)
    void isRefused(element)
  }

  #tell(): void {
    // A video without sound is refused as well, and then nothing is missing.
    if (this.#isTold || ![...this.#silenced].some(hasAudio)) return
    this.#isTold = true
    this.#blocked()
  }
}
