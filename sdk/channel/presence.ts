import { SkeinError } from '../errors.js'
import type { OwnStream, StreamHub } from '../mesh/streams.js'
import { decodeValue, encodeValue, isPlainObject, ValueTooLarge } from '../protocol/any-value.js'
import { DecodeError } from '../protocol/decode-error.js'
import { MAX_PRESENCE_BYTES } from '../protocol/limits.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { equalBytes } from '../util/bytes.js'
import { describeType } from './checks.js'
import { PRESENCE_INTERVAL_MS } from './limits.js'
import { createReadonlyMap, freezeDeep } from './frozen.js'
import type { Timers } from './timers.js'

export type PresenceState = Readonly<Record<string, unknown>>

/** Another member's state is another one. */
export interface PresenceChange {
  readonly id: string
  /** `null`: it had none. */
  readonly previous: PresenceState | null
  /** `null`: it has cleared it, or left. */
  readonly next: PresenceState | null
}

interface Known {
  readonly state: PresenceState
  readonly bytes: Uint8Array
}

const action = 'presence could not be set'
const noState = encodeValue(null, MAX_PRESENCE_BYTES)

/**
 * A small state of each member, for as long as it is here, that all others see: who types, where a cursor is. The newest
 * counts and those between may never be seen. Mine outlasts joins; whoever comes is told it.
 */
export class Presence {
  readonly #hub: StreamHub
  readonly #change: (change: PresenceChange) => void
  readonly #timers: Timers
  readonly #own: OwnStream
  readonly #others = new Map<string, Known>()
  #mine: PresenceState | null = null
  #mineBytes = noState
  /** What those that are here have been told; newcomers are told the same, and then what follows. */
  #told = noState
  #toldAtMs = -Infinity
  #stopTimer: (() => void) | null = null
  #isSending = false
  #all: ReadonlyMap<string, PresenceState> | null = null

  /** `change` must not throw. */
  constructor(hub: StreamHub, change: (change: PresenceChange) => void, timers: Timers) {
    this.#hub = hub
    this.#change = change
    this.#timers = timers
    this.#own = hub.own(STREAM_KIND.PRESENCE, STREAM_MODE.MESSAGES, 'presence')
    hub.read(STREAM_KIND.PRESENCE, ({ from }) => ({
      message: ({ bytes }) => {
        this.#handleState(from, bytes)
      },
      // Gone is who has left, which the hub says, and not who ends a stream.
      lost: () => undefined,
    }))
    hub.onMember(({ id, isHere }) => {
      if (isHere) this.#handleJoin(id)
      else this.#replace(id, null)
    })
  }

  /** Mine, frozen, as the others get it; `null` before the first `set`. */
  get mine(): PresenceState | null {
    return this.#mine
  }

  /** This member's, or mine; `null` if it has none. Frozen, and the same object until it changes. */
  get(id: string): PresenceState | null {
    if (id !== '' && id === this.#hub.myId) return this.#mine
    return this.#others.get(id)?.state ?? null
  }

  /** Of the other members that have one, by id. It and what is in it are frozen, and the same until something changes. */
  get all(): ReadonlyMap<string, PresenceState> {
    this.#all ??= createReadonlyMap([...this.#others].map(([id, { state }]) => [id, state]))
    return this.#all
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
    if (state !== null && !isPlainObject(state)) {
      throw new TypeError(`${action}: it must be a plain object or null, not ${describeType(state)}`)
    }
    const bytes = encodeState(state)
    if (equalBytes(bytes, this.#mineBytes)) return
    this.#mineBytes = bytes
    this.#mine = freezeDeep(decodeValue(bytes)) as PresenceState | null
    this.#tellWhenDue()
  }

  /** The join is over: nobody is here, and nobody is told so. */
  left(): void {
    this.#others.clear()
    this.#all = null
    this.#clearTimer()
    this.#toldAtMs = -Infinity
    this.#told = this.#mineBytes
  }

  #tellWhenDue(): void {
    const { members } = this.#hub
    // Whoever comes is told then.
    if (members.length <= 1) {
      this.#told = this.#mineBytes
      return
    }
    if (equalBytes(this.#told, this.#mineBytes)) return this.#clearTimer()
    if (this.#isSending) return
    const waitMs = this.#toldAtMs + PRESENCE_INTERVAL_MS - this.#timers.now()
    if (waitMs <= 0) this.#tell()
    // Timers of hidden pages come late, but they come; and a `set` after the time is up does not wait for them.
    else
      this.#stopTimer ??= this.#timers.setTimer(waitMs, () => {
        this.#stopTimer = null
        this.#tellWhenDue()
      })
  }

  #clearTimer(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
  }

  /** One at a time: while somebody has no room for it, newer ones take the place of those that wait. */
  #tell(): void {
    this.#clearTimer()
    this.#told = this.#mineBytes
    this.#toldAtMs = this.#timers.now()
    this.#isSending = true
    const handleSettled = (): void => {
      this.#isSending = false
      this.#tellWhenDue()
    }
    // What fails is that the join is over, and then nobody is here.
    this.#own.send('all', this.#told.slice()).then(handleSettled, handleSettled)
  }

  #handleJoin(id: string): void {
    if (id === this.#hub.myId || equalBytes(this.#told, noState)) return
    // If it has left already, there is nobody to tell.
    this.#own.send(id, this.#told.slice()).catch(() => undefined)
  }

  #handleState(from: string, bytes: Uint8Array): void {
    const known = this.#others.get(from)
    if (known !== undefined && equalBytes(known.bytes, bytes)) return
    const state = decodeState(bytes)
    // A copy: they may be a view of a whole frame.
    if (state !== undefined) this.#replace(from, state === null ? null : { state, bytes: bytes.slice() })
  }

  #replace(id: string, known: Known | null): void {
    const previous = this.#others.get(id)?.state ?? null
    const next = known?.state ?? null
    if (previous === null && next === null) return
    if (known === null) this.#others.delete(id)
    else this.#others.set(id, known)
    this.#all = null
    this.#change({ id, previous, next })
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

/** `undefined` for what is no state: whoever sends that is not worth an event each time. */
const decodeState = (bytes: Uint8Array): PresenceState | null | undefined => {
  if (bytes.length > MAX_PRESENCE_BYTES) return undefined
  try {
    const state = decodeValue(bytes)
    return state === null || isPlainObject(state) ? freezeDeep(state) : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
