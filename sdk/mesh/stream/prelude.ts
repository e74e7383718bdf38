import type { MemberRecord } from '../../protocol/records.js'
import type { Opening } from '../../protocol/streams.js'

/**
 * What one member has to be told of one of my streams before any piece of it: what it is, until it has answered that; and where the
 * stream goes on, when some of it was given up.
 */
export class Prelude {
  /** `null` for the message stream, which everybody knows. */
  readonly #opening: Opening | null
  #state: 'none' | 'due' | 'sent'
  #isOpen: boolean
  /** It is to be told though no message is to be sent. */
  #isWanted = false

  constructor(opening: Opening | null) {
    this.#opening = opening
    this.#isOpen = opening === null
    this.#state = this.#isOpen ? 'none' : 'due'
  }

  /** The member has said that it knows of the stream. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Nothing has to be told, and nothing that was told is unanswered. */
  get isAnswered(): boolean {
    return this.#state === 'none'
  }

  /** It was told, and has not answered. */
  get isSent(): boolean {
    return this.#state === 'sent'
  }

  /** No piece may go before it. */
  get isMissing(): boolean {
    return this.#state === 'due'
  }

  /** Whether it has to be told now; `isReady`: a piece may go. What nothing was sent on yet need not be known. */
  isDue(isReady: boolean): boolean {
    return this.#state === 'due' && (this.#isOpen || this.#isWanted || isReady)
  }

  /** The stream is to be known though nothing is sent on it. */
  want(): void {
    this.#isWanted = true
  }

  take(stream: number, numbers: { readonly nextBroadcast: number; readonly nextPrivate: number }): MemberRecord {
    this.#state = 'sent'
    if (this.#opening !== null && !this.#isOpen) return { type: 'open', ...this.#opening, ...numbers }
    return { type: 'reset', stream, ...numbers }
  }

  answered(): void {
    this.#state = 'none'
    this.#isOpen = true
  }

  /** What was under way may be lost. */
  again(): void {
    if (this.#state === 'sent') this.#state = 'due'
  }

  /** Where the stream stands is to be told once more, and answered. */
  ask(): void {
    this.#state = 'due'
  }

  /** Some is given up, of which the member may hold a part: it is to be told though nothing follows. */
  giveUp(): void {
    this.#isWanted ||= this.#isOpen || this.#state === 'sent'
  }

  /** Everything starts anew; `isBehind`: the member expects what it will not get. */
  restart(isBehind: boolean): void {
    this.#isOpen = this.#opening === null
    this.#state = isBehind || !this.#isOpen ? 'due' : 'none'
  }

  /** Nothing will follow, ever. */
  close(): void {
    this.#state = 'none'
  }
}
