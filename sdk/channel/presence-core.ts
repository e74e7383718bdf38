import { SkeinError } from '../errors.js'
import type { StreamHub } from '../mesh/streams.js'
import { decodeValue, encodeValue, isPlainObject, ValueTooLarge } from '../protocol/any-value.js'
import { MAX_PRESENCE_BYTES } from '../protocol/limits.js'
import { equalBytes } from '../util/bytes.js'
import { describeType } from './checks.js'
import { createReadonlyMap, freezeDeep } from './frozen.js'
import type { PresenceTraffic } from './presence-traffic.js'

export type PresenceState = Readonly<Record<string, unknown>>

/** Another member's state is another one. */
export interface PresenceChange {
  readonly id: string
  /** `null`: it had none. */
  readonly previous: PresenceState | null
  /** `null`: it has cleared it, or left. */
  readonly next: PresenceState | null
}

/** A state as somebody has sent it. */
export interface KnownState {
  readonly state: PresenceState
  readonly bytes: Uint8Array
}

const action = 'presence could not be set'
export const noState = encodeValue(null, MAX_PRESENCE_BYTES)

/** What is behind presence, joined or not: what its facade shows, and what others are told and tell. */
export class PresenceCore {
  /** Mine; `null` before the first `set`. */
  mine: PresenceState | null = null
  mineBytes = noState
  readonly #home: Pick<StreamHub, 'myId'>
  readonly #change: (change: PresenceChange) => void
  readonly #others = new Map<string, KnownState>()
  #all: ReadonlyMap<string, PresenceState> | null = null
  #traffic: PresenceTraffic | null = null

  /** `change` must not throw. */
  constructor(home: Pick<StreamHub, 'myId'>, change: (change: PresenceChange) => void) {
    this.#home = home
    this.#change = change
  }

  /** Once, before the group is joined for the first time. */
  start(traffic: PresenceTraffic): void {
    this.#traffic = traffic
  }

  get(id: string): PresenceState | null {
    if (id !== '' && id === this.#home.myId) return this.mine
    return this.known(id)?.state ?? null
  }

  known(id: string): KnownState | undefined {
    return this.#others.get(id)
  }

  get all(): ReadonlyMap<string, PresenceState> {
    this.#all ??= createReadonlyMap([...this.#others].map(([id, { state }]) => [id, state]))
    return this.#all
  }

  set(state: PresenceState | null): void {
    if (state !== null && !isPlainObject(state)) {
      throw new TypeError(`${action}: it must be a plain object or null, not ${describeType(state)}`)
    }
    const bytes = encodeState(state)
    if (equalBytes(bytes, this.mineBytes)) return
    this.mineBytes = bytes
    this.mine = freezeDeep(decodeValue(bytes)) as PresenceState | null
    this.#traffic?.tellWhenDue()
  }

  /** Another member's state is this one now. */
  replace(id: string, known: KnownState | null): void {
    const previous = this.known(id)?.state ?? null
    const next = known?.state ?? null
    if (previous === null && next === null) return
    if (known === null) this.#others.delete(id)
    else this.#others.set(id, known)
    this.#all = null
    this.#change({ id, previous, next })
  }

  left(): void {
    this.#others.clear()
    this.#all = null
    this.#traffic?.left()
  }
}

const encodeState = (state: PresenceState | null): Uint8Array => {
  try {
    return encodeValue(state, MAX_PRESENCE_BYTES)
  } catch (cause) {
    if (cause instanceof ValueTooLarge) {
      throw new SkeinError('message-too-large', `${action}: it takes more than ${MAX_PRESENCE_BYTES} bytes`)
    }
    if (cause instanceof TypeError) throw new TypeError(`${action}: ${cause.message}`, { cause })
    throw cause
  }
}
