import type { PresenceCore, PresenceState } from './presence-core.js'

/**
 * A small state of each member, for as long as it is here, that all others see: who types, where a cursor is. The newest
 * counts and those between may never be seen. Mine outlasts joins; whoever comes is told it.
 */
export class Presence {
  readonly #core: PresenceCore

  /** @internal Made by the group. */
  constructor(core: PresenceCore) {
    this.#core = core
  }

  /** Mine, frozen, as the others get it; `null` before the first `set`. */
  get mine(): PresenceState | null {
    return this.#core.mine
  }

  /** This member's, or mine; `null` if it has none. Frozen, and the same object until it changes. */
  get(id: string): PresenceState | null {
    return this.#core.get(id)
  }

  /** Of the other members that have one, by id. It and what is in it are frozen, and the same until something changes. */
  get all(): ReadonlyMap<string, PresenceState> {
    return this.#core.all
  }

  /**
   * Replaces my state, copied during the call; `null` clears it. Others are told at once, or 50 ms after they were told
   * before, of the newest then, and of nothing that is equal to what they know. While the group is not joined it is kept
   * for the next join.
   *
   * Throws a `TypeError` for what is no plain object or holds what cannot be carried, and `message-too-large` for more
   * than 4 KiB encoded.
   */
  set(state: PresenceState | null): void {
    this.#core.set(state)
  }

  /** The join is over: nobody is here, and nobody is told so. */
  left(): void {
    this.#core.left()
  }
}
