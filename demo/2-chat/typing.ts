import type { Presence, PresenceState } from 'skein'

/** So long after the last key somebody is thinking, or has gone for tea. */
const restMs = 3_000

export const isTyping = (state: PresenceState | null): boolean => state?.['typing'] === true

/** Lets the others see that I type, for as long as I do. */
export class OwnTyping {
  readonly #presence: Pick<Presence, 'set'>
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(presence: Pick<Presence, 'set'>) {
    this.#presence = presence
  }

  /** To be called at each change of what is written. */
  go(): void {
    clearTimeout(this.#timer)
    this.#presence.set({ typing: true })
    this.#timer = setTimeout(() => this.stop(), restMs)
  }

  /** It is sent, or taken back. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#presence.set(null)
  }
}
