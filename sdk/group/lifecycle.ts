import type { Join } from './join.js'

/** The states of a group, for code that would rather not write strings. */
export const WebGroupState = {
  LEFT: 'left',
  JOINING: 'joining',
  JOINED: 'joined',
  LEAVING: 'leaving',
} as const

/**
 * - `left`: initially, after `leave()`, and after a join that failed. Nothing is open.
 * - `joining`: `join()` was called and has not settled.
 * - `joined`: messages can be sent and received, whether or not the signaling server is there.
 * - `leaving`: goodbyes are on their way out; nothing is received any more.
 */
export type WebGroupState = (typeof WebGroupState)[keyof typeof WebGroupState]

/** A state with what belongs to it alone. */
export type Stage =
  | { readonly name: 'left' }
  | { readonly name: 'joining'; readonly join: Join }
  | { readonly name: 'joined'; readonly join: Join }
  | { readonly name: 'leaving'; readonly join: Join; readonly done: Promise<void> }

/** Where each state may lead. A join that fails goes back at once: it has nobody to say goodbye to. */
export const allowedMoves: Readonly<Record<WebGroupState, readonly WebGroupState[]>> = {
  left: ['joining'],
  joining: ['joined', 'leaving', 'left'],
  joined: ['leaving'],
  leaving: ['left'],
}

export interface StateChange {
  readonly previous: WebGroupState
  readonly next: WebGroupState
  readonly reason: string
}

/** Holds the stage of a group. `move` is the only way to change it, and tells of every change exactly once. */
export class Lifecycle {
  #stage: Stage = { name: 'left' }
  readonly #onChange: (change: StateChange) => void

  constructor(onChange: (change: StateChange) => void) {
    this.#onChange = onChange
  }

  get stage(): Stage {
    return this.#stage
  }

  /** Throws on a move that the table does not list: that is a fault in this library, never the caller's. */
  move(next: Stage, reason: string): void {
    const previous = this.#stage.name
    if (!allowedMoves[previous].includes(next.name)) {
      throw new Error(`the group could not change its state: "${previous}" does not lead to "${next.name}"`)
    }
    this.#stage = next
    this.#onChange({ previous, next: next.name, reason })
  }
}
