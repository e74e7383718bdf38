import type { PresenceCore, PresenceState } from './presence-core.js'

/**
 * A small state of each member, for as long as it is here, that all others see: who types, where a cursor is. The newest
 * counts and those between may never be seen. Mine outlasts joins; whoever comes is told it.
 */
export class Presence<State extends object = PresenceState> {
  readonly #core: PresenceCore

  /** @internal Made by the group. */
  constructor(core: PresenceCore) {
    this.#core = core
  }

  /**
   * The same, for states of this type: `const cursors = group.presence.as<{ x: number; y: number }>()`. Nothing is checked: what others set may
   * be anything.
   */
  as<Other extends object>(): Presence<Other> {
    return this as unknown as Presence<Other>
  }

  /** Mine, frozen, as the others get it; `null` before the first `set`. */
  get mine(): Readonly<State> | null {
    return this.#core.mine as Readonly<State> | null
  }

  /** This member's, or mine; `null` if it has none. Frozen, and the same object until it changes. */
  get(id: string): Readonly<State> | null {
    return this.#core.get(id) as Readonly<State> | null
  }

  /** Of the other members that have one, by id. It and what is in it are frozen, and the same until something changes. */
  get all(): ReadonlyMap<string, Readonly<State>> {
    return this.#core.all as ReadonlyMap<string, Readonly<State>>
  }

  /**
   * Replaces my state, copied during the call; `null` clears it. Others are told at once, or 50 ms after they were told
   * before, of the newest then, and of nothing that is equal to what they know. While the group is not joined it is kept
   * for the next join.
   *
   * Throws a `TypeError` for what is no plain object or holds what cannot be carried, and `message-too-large` for more
   * than 4 KiB encoded.
   */
  set(state: State | null): void {
    this.#core.set(state as PresenceState | null)
  }

  /** The join is over: nobody is here, and nobody is told so. */
  left(): void {
    this.#core.left()
  }
}
