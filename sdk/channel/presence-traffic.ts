import type { OwnStream, StreamHub } from '../mesh/streams.js'
import { decodeValue, isPlainObject } from '../protocol/any-value.js'
import { DecodeError } from '../protocol/decode-error.js'
import { MAX_PRESENCE_BYTES } from '../protocol/limits.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { equalBytes } from '../util/bytes.js'
import { freezeDeep } from './frozen.js'
import { PRESENCE_INTERVAL_MS } from './limits.js'
import { noState, type PresenceCore, type PresenceState } from './presence-core.js'
import type { Timers } from './timers.js'

/** What goes between members of their presence, over all joins. Loaded with the first of them. */
export class PresenceTraffic {
  readonly #core: PresenceCore
  readonly #hub: StreamHub
  readonly #timers: Timers
  readonly #own: OwnStream
  /** What those that are here have been told; newcomers are told the same, and then what follows. */
  #told: Uint8Array
  #toldAtMs = -Infinity
  #stopTimer: (() => void) | null = null
  #isSending = false

  constructor(core: PresenceCore, hub: StreamHub, timers: Timers) {
    this.#core = core
    this.#hub = hub
    this.#timers = timers
    this.#told = core.mineBytes
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
      else this.#core.replace(id, null)
    })
  }

  /** The join is over: nobody is here, and nobody is told so. */
  left(): void {
    this.#clearTimer()
    this.#toldAtMs = -Infinity
    this.#told = this.#core.mineBytes
  }

  /** Mine may be another than the others were told. */
  tellWhenDue(): void {
    const { members } = this.#hub
    // Whoever comes is told then.
    if (members.length <= 1) {
      this.#told = this.#core.mineBytes
      return
    }
    if (equalBytes(this.#told, this.#core.mineBytes)) return this.#clearTimer()
    if (this.#isSending) return
    const waitMs = this.#toldAtMs + PRESENCE_INTERVAL_MS - this.#timers.now()
    if (waitMs <= 0) this.#tell()
    // Timers of hidden pages come late, but they come; and a `set` after the time is up does not wait for them.
    else
      this.#stopTimer ??= this.#timers.setTimer(waitMs, () => {
        this.#stopTimer = null
        this.tellWhenDue()
      })
  }

  #clearTimer(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
  }

  /** One at a time: while somebody has no room for it, newer ones take the place of those that wait. */
  #tell(): void {
    this.#clearTimer()
    this.#told = this.#core.mineBytes
    this.#toldAtMs = this.#timers.now()
    this.#isSending = true
    const handleSettled = (): void => {
      this.#isSending = false
      this.tellWhenDue()
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
    const known = this.#core.known(from)
    if (known !== undefined && equalBytes(known.bytes, bytes)) return
    const state = decodeState(bytes)
    // A copy: they may be a view of a whole frame.
    if (state !== undefined) this.#core.replace(from, state === null ? null : { state, bytes: bytes.slice() })
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
