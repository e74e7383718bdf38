import type { OwnStream, StreamHub } from '../mesh/streams.js'
import { decodeValue, isPlainObject } from '../protocol/any-value.js'
import { DecodeError } from '../protocol/decode-error.js'
import { MAX_PRESENCE_BYTES } from '../protocol/limits.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { equalBytes } from '../util/bytes.js'
import { freezeDeep } from './frozen.js'
import { LatestLanes } from './latest-lanes.js'
import { MAX_LATEST_PRESENCE_BYTES, PRESENCE_INTERVAL_MS } from './limits.js'
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
  readonly #lanes = new LatestLanes(MAX_LATEST_PRESENCE_BYTES)

  constructor(core: PresenceCore, hub: StreamHub, timers: Timers) {
    this.#core = core
    this.#hub = hub
    this.#timers = timers
    this.#told = core.mineBytes
    this.#own = hub.own(STREAM_KIND.PRESENCE, STREAM_MODE.MESSAGES, 'presence', (id, bytes) => {
      this.#lanes.acknowledged(id, bytes)
    })
    hub.read(STREAM_KIND.PRESENCE, ({ from }) => ({
      message: ({ bytes }) => {
        this.#handleState(from, bytes)
      },
      // Gone is who has left, which the hub says, and not who ends a stream.
      lost: () => undefined,
    }))
    hub.onMember(({ id, isHere }) => {
      if (isHere) return this.#handleJoin(id)
      this.#lanes.memberLeft(id)
      this.#core.replace(id, null)
    })
  }

  /** The join is over: nobody is here, and nobody is told so. */
  left(): void {
    this.#clearTimer()
    this.#lanes.clear()
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

  #tell(): void {
    this.#clearTimer()
    this.#told = this.#core.mineBytes
    this.#toldAtMs = this.#timers.now()
    const { members, myId } = this.#hub
    const ids = members.filter((id) => id !== myId)
    if (!ids.every((id) => this.#lanes.hasRoom(id))) {
      for (const id of ids) this.#tellOne(id)
      return
    }
    for (const id of ids) this.#lanes.sent(id, this.#told.length)
    this.#send('all')
  }

  #handleJoin(id: string): void {
    if (id !== this.#hub.myId && !equalBytes(this.#told, noState)) this.#tellOne(id)
  }

  /** Now, or once this member has room for it: by then it is told the newest. */
  #tellOne(id: string): void {
    this.#lanes.submit(id, 'all', {
      start: () => {
        this.#lanes.sent(id, this.#told.length)
        this.#send(id)
      },
      replace: () => undefined,
      lose: () => undefined,
    })
  }

  #send(to: string): void {
    // What fails is that the join is over, or that the member has left: there is nobody to tell.
    this.#own.send(to, this.#told.slice()).catch(() => undefined)
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
