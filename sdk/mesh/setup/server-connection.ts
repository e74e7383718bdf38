import { CLOSE_FULL } from '../../protocol/close-codes.js'
import {
  MAX_TRIED,
  decodeServerFrame,
  encodeClientFrame,
  type ClientFrame,
  type Introduction,
  type Introductions,
} from '../../protocol/server-frames.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { Alarm } from '../alarm.js'
import type { Core } from '../core.js'
import type { CarrierId, SignalingState } from '../events.js'
import { sealHello } from '../session/hello.js'
import { backoffMs, MAX_FAILURES, type Backoff } from './backoff.js'

/** Whom I reach: all that I know of, some of them, or none for want of a link. */
export type Reach = 'all' | 'some' | 'none'

export interface ServerHandlers {
  introduced(introduction: Introduction): void
  /** A set-up frame of a member has come by the server. */
  signal(connection: Uint8Array, payload: Uint8Array): void
  /** A connection that I named is not there. */
  gone(connection: Uint8Array): void
  /** The server says that nobody else is in the group. */
  alone(): void
  reach(): Reach
  /** Connections that were introduced and are not linked to me yet. */
  unlinked(): Uint8Array[]
}

type State =
  | { readonly type: 'off' }
  | { readonly type: 'dialing'; readonly carrier: CarrierId }
  | { readonly type: 'joining'; readonly carrier: CarrierId }
  | { readonly type: 'open'; readonly carrier: CarrierId }
  | { readonly type: 'waiting'; readonly untilMs: number }

const REDIAL: Backoff = { baseMs: 250, capMs: 4_000, jitter: 1 }
const BACKOFF_FULL_MS = 30_000
/** A connection that was open for so long was a good one: its loss is the first failure. */
const LASTING_MS = 5_000
/** The server pings every 25 s: silence for longer means that it is gone and the socket does not know. */
const SILENCE_MS = 45_000
/**
 * How often to ask for introductions. One at random now and then heals a split group; while no link is bound, or a
 * member is known that no way leads to, the server is asked for others than those it has named.
 */
const ASK_EVERY_MS = { all: 60_000, some: 10_000, none: 3_000 } as const
const ASK_LEAST_MS = 5_000
/** Whom I reach changes without a word to this part: it is looked at so often. */
const LOOK_MS = 1_000
const QUEUE_BYTES = 1_048_576

/** My place at the signaling server: dials, joins, asks for introductions, and comes back when it is lost. */
export class ServerConnection {
  readonly #core: Core
  readonly #alarm: Alarm
  readonly #handlers: ServerHandlers
  #state: State = { type: 'off' }
  #failures = 0
  #openedMs = 0
  #room = 0
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #heardMs = 0
  #askAtMs = Infinity
  #askedMs = -Infinity
  #reconnectInMs: number | null = null
  /** The server's last word on who else is in the group. */
  #saidEmpty = false

  constructor(core: Core, handlers: ServerHandlers) {
    this.#core = core
    this.#alarm = new Alarm(core)
    this.#handlers = handlers
  }

  get isOpen(): boolean {
    return this.#state.type === 'open'
  }

  owns(carrier: CarrierId): boolean {
    return 'carrier' in this.#state && this.#state.carrier === carrier
  }

  start(): void {
    this.#dial('start')
  }

  /** Closes, and dials no more until `resume`. */
  suspend(): void {
    this.leave()
    this.#failures = 0
    this.#forgetQueue()
    this.#changed('closed', 'suspended')
  }

  resume(): void {
    this.#dial('resumed')
  }

  /** The network is back: no wait holds any longer. */
  hurry(): void {
    if (this.#state.type === 'waiting') this.#dial('hint')
  }

  handleOpen(room: number): void {
    if (this.#state.type !== 'dialing') return
    this.#state = { type: 'joining', carrier: this.#state.carrier }
    this.#room = room
    this.#heardMs = this.#core.nowMs
    this.#alarm.at(this.#heardMs + SILENCE_MS)
    this.#send({ type: 'join', topic: this.#core.options.keys.topic, ...this.#presence() })
  }

  /** What the server shows of me is old. A JOIN that is under way or to come has the new already, or is followed. */
  update(): void {
    if (this.#state.type === 'joining' || this.#state.type === 'open') {
      this.#send({ type: 'update', ...this.#presence() })
    }
  }

  #presence(): { bot: boolean; full: boolean; hello: Uint8Array } {
    const { options, suite, certificate } = this.#core
    return { bot: options.bot, full: false, hello: sealHello(suite, options.keys, certificate) }
  }

  handleRoom(room: number): void {
    this.#room = room
    this.#flush()
  }

  handleBytes(bytes: Uint8Array): void {
    this.#heardMs = this.#core.nowMs
    this.#core.counters.serverFramesReceived++
    this.#core.counters.serverBytesReceived += bytes.length
    try {
      this.#handle(bytes)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#drop('protocol-error')
    }
  }

  handleClosed(code: number | undefined, reason: string): void {
    // Where an upgrade was refused and its status can be known, that is the code.
    const isFull = code === CLOSE_FULL || code === 503
    this.#wait(isFull ? BACKOFF_FULL_MS : null, reason)
  }

  /** Passes a set-up frame to a member; `false` when the server is not there. */
  signal(connection: Uint8Array, payload: Uint8Array): boolean {
    if (this.#state.type !== 'open') return false
    this.#send({ type: 'signal', connection, payload })
    return true
  }

  /** Members were lost: there may be others that I do not know of. */
  askSoon(): void {
    this.#askAtMs = Math.min(this.#askAtMs, Math.max(this.#core.nowMs, this.#askedMs + ASK_LEAST_MS))
    this.#alarm.at(this.#askAtMs)
  }

  leave(): void {
    if ('carrier' in this.#state) this.#core.effects.close(this.#state.carrier, 'drained')
    this.#state = { type: 'off' }
  }

  /** Does what is due; the time of the next look. */
  tick(): number {
    if (this.#alarm.take()) this.#alarm.at(this.#look())
    return this.#alarm.atMs
  }

  #look(): number {
    const now = this.#core.nowMs
    if (this.#state.type === 'waiting') {
      if (now < this.#state.untilMs) return this.#state.untilMs
      this.#dial('retry')
    }
    if (this.#state.type !== 'open' && this.#state.type !== 'joining') return Infinity
    if (now - this.#heardMs >= SILENCE_MS) {
      this.#drop('silent')
      return this.#look()
    }
    if (this.#state.type !== 'open') return this.#heardMs + SILENCE_MS
    this.#askWhenDue(this.#handlers.reach())
    return Math.min(this.#heardMs + SILENCE_MS, this.#askAtMs, this.#core.peers.size === 0 ? Infinity : now + LOOK_MS)
  }

  #askWhenDue(reach: Reach): void {
    const now = this.#core.nowMs
    const unlinked = this.#handlers.unlinked()
    // Whoever comes to a group where nobody else is will be introduced without being asked for.
    const isAlone = this.#saidEmpty && unlinked.length === 0
    const everyMs = reach === 'none' && isAlone ? ASK_EVERY_MS.all : ASK_EVERY_MS[reach]
    this.#askAtMs = Math.min(this.#askAtMs, this.#askedMs + everyMs)
    if (now < this.#askAtMs) return
    this.#core.log?.('debug', 'server:ask', { reach, unlinked: unlinked.length })
    this.#send({ type: 'ask', tried: reach === 'all' ? [] : unlinked.slice(0, MAX_TRIED) })
    this.#askedMs = now
    this.#askAtMs = now + everyMs
  }

  #dial(reason: string): void {
    const carrier = this.#core.nextCarrier()
    this.#state = { type: 'dialing', carrier }
    this.#changed('connecting', reason)
    this.#core.effects.openServer(carrier)
  }

  #handle(bytes: Uint8Array): void {
    const frame = decodeServerFrame(bytes)
    if (this.#state.type === 'joining') {
      if (frame.type === 'other-version') return this.#drop('version-mismatch')
      if (frame.type === 'ping') return this.#send({ type: 'pong' })
      if (frame.type !== 'welcome') return this.#drop('protocol-error')
      this.#state = { type: 'open', carrier: this.#state.carrier }
      this.#openedMs = this.#core.nowMs
      this.#askedMs = this.#core.nowMs
      this.#askAtMs = this.#core.nowMs + ASK_EVERY_MS.all
      this.#alarm.at(this.#core.nowMs)
      this.#changed('open', 'welcome')
      const { empty, introductions } = frame
      this.#core.log?.('debug', 'server:welcome', { empty, introductions: introductions.length })
      return this.#introduce(frame)
    }
    if (this.#state.type !== 'open') return
    this.#alarm.at(this.#core.nowMs + LOOK_MS)
    switch (frame.type) {
      case 'introduced':
        this.#saidEmpty = false
        return this.#handlers.introduced(frame)
      case 'introductions':
        return this.#introduce(frame)
      case 'signal':
        return this.#handlers.signal(frame.connection, frame.payload)
      case 'gone':
        return this.#handlers.gone(frame.connection)
      case 'ping':
        return this.#send({ type: 'pong' })
      case 'drain':
        this.#reconnectInMs = Math.min(frame.reconnectInMs, BACKOFF_FULL_MS)
        return
      case 'welcome':
      case 'other-version':
        return this.#drop('protocol-error')
    }
  }

  #introduce(frame: Introductions): void {
    for (const introduction of frame.introductions) this.#handlers.introduced(introduction)
    this.#saidEmpty = frame.empty
    if (frame.empty) this.#handlers.alone()
  }

  #drop(reason: string): void {
    if ('carrier' in this.#state) this.#core.effects.close(this.#state.carrier, 'now')
    this.#wait(null, reason)
  }

  #wait(leastMs: number | null, reason: string): void {
    const hasLasted = this.#state.type === 'open' && this.#core.nowMs - this.#openedMs >= LASTING_MS
    if (hasLasted) this.#failures = 0
    const backedOffMs = backoffMs(REDIAL, this.#failures, this.#core.random())
    // A server may ask for more patience, never for less.
    const delayMs = Math.max(leastMs ?? 0, this.#reconnectInMs ?? 0, backedOffMs)
    this.#failures = Math.min(this.#failures + 1, MAX_FAILURES)
    this.#reconnectInMs = null
    this.#forgetQueue()
    this.#core.log?.('debug', 'server:wait', { delayMs: Math.round(delayMs), failures: this.#failures })
    this.#state = { type: 'waiting', untilMs: this.#core.nowMs + delayMs }
    this.#alarm.at(this.#state.untilMs)
    this.#changed('closed', reason)
  }

  #forgetQueue(): void {
    this.#queue = []
    this.#queuedBytes = 0
  }

  #changed(state: SignalingState, reason: string): void {
    this.#core.effects.emit({ type: 'signaling:change', state, reason })
  }

  #send(frame: ClientFrame): void {
    const bytes = encodeClientFrame(frame)
    if (this.#queuedBytes + bytes.length > QUEUE_BYTES) return this.#drop('overflow')
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    this.#flush()
  }

  #flush(): void {
    if (!('carrier' in this.#state)) return
    for (let next = this.#queue[0]; next !== undefined && next.length <= this.#room; next = this.#queue[0]) {
      this.#queue.shift()
      this.#queuedBytes -= next.length
      this.#room -= next.length
      this.#core.counters.serverFramesSent++
      this.#core.counters.serverBytesSent += next.length
      this.#core.effects.write(this.#state.carrier, 'reliable', next)
    }
  }
}
