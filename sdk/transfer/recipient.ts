import type { SkeinError } from '../errors.js'
import type { Outflow } from './outflow.js'

/**
 * Where one recipient of a file stands: `offered` until it answers, `accepted` until what it wants is read, `sending`, and
 * `sent` until it confirms that it has it all.
 */
export type RecipientState =
  | { readonly name: 'offered' }
  | { readonly name: 'accepted'; readonly offset: number }
  | { readonly name: 'sending'; readonly offset: number; readonly outflow: Outflow }
  | { readonly name: 'sent'; readonly outflow: Outflow }
  | { readonly name: 'delivered' }
  | { readonly name: 'failed'; readonly error: SkeinError }

const moves: Readonly<Record<RecipientState['name'], readonly RecipientState['name'][]>> = {
  offered: ['accepted', 'failed'],
  accepted: ['sending', 'failed'],
  // From another byte, by another reading.
  sending: ['sending', 'sent', 'failed'],
  sent: ['delivered', 'failed'],
  delivered: [],
  failed: [],
}

export class Recipient {
  readonly id: string
  /** Of the file, from its beginning: what it has, as far as it says and as it can. */
  bytes = 0
  /** Of the file, from its beginning: what was sent to it, or it had before. */
  sent = 0
  #state: RecipientState = { name: 'offered' }

  constructor(id: string) {
    this.id = id
  }

  get state(): RecipientState {
    return this.#state
  }

  /** `false`, and nothing changes, when it is not where this can follow: what a member says out of turn has no effect. */
  move(next: RecipientState): boolean {
    if (!moves[this.#state.name].includes(next.name)) return false
    this.#state = next
    return true
  }

  get isOver(): boolean {
    return this.#state.name === 'delivered' || this.#state.name === 'failed'
  }

  get hasAccepted(): boolean {
    return !this.isOver && this.#state.name !== 'offered'
  }
}
