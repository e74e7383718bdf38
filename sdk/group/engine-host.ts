import type {
  Acknowledged,
  CarrierId,
  Closing,
  Delivery,
  DeliveryFailure,
  DeliveryReport,
  Effects,
  EngineEvent,
  EngineNotice,
} from '../mesh/events.js'
import type { Engine } from '../mesh/engine.js'
import type { PeerView } from '../mesh/options.js'
import type { Link, LinkHandlers, Transport } from '../link/link.js'
import type { MediaPort } from '../link/media.js'
import type { SignalingHandlers, SignalingSocket } from '../discovery/signaling-socket.js'
import type { Platform } from '../platform/platform.js'
import { CLOSE_PROTOCOL_ERROR } from '../protocol/close-codes.js'
import type { Log } from '../util/log.js'
import { EndingLinks } from './ending-links.js'
import { Expected, findTransport } from './expected.js'
import type { Journal } from './journal.js'

/** What the engine tells, with the member that it speaks of as it was at that moment. */
export type Happening =
  | { readonly type: 'notice'; readonly notice: EngineNotice; readonly peer: PeerView | null }
  | { readonly type: 'message'; readonly message: Delivery }
  /** A link with this member that carries media is bound. */
  | { readonly type: 'linked'; readonly id: string; readonly media: MediaPort }
  | { readonly type: 'stream'; readonly opened: Parameters<Effects['streamOpened']>[0] }
  | { readonly type: 'acknowledged'; readonly acknowledged: Acknowledged }

export interface EngineHostOptions {
  readonly engine: Pick<Engine, 'step' | 'peer' | 'newCarrier'>
  readonly transports: readonly Transport[]
  /** Whether an address that a member shows may be dialled. */
  readonly isDialable: (address: string) => boolean
  readonly iceServers: readonly RTCIceServer[]
  readonly openServer: (handlers: SignalingHandlers) => SignalingSocket
  readonly clock: Pick<Platform, 'now' | 'setTimer' | 'soon'>
  readonly journal: Pick<Journal, 'note' | 'logOf'>
  /** Called between steps, so that the engine's figures are whole. */
  readonly onHappening: (happening: Happening) => void
  readonly onAdmitted: (submission: number) => void
  readonly onReported: (submission: number, report: DeliveryReport) => void
  readonly onFailed: (submission: number, failure: DeliveryFailure) => void
  /** The engine has thrown: everything is closed already. */
  readonly onCrash: (error: unknown) => void
}

/** What a link is to the log: which way it came about, and to whom, where that is known. */
interface LinkTrace {
  readonly kind: string
  readonly member?: string
}

/**
 * Owns an engine for one join: its carriers, its timer, and the order of its events. `step` is never entered twice at
 * once: what happens during a step, or in the listeners called after it, waits in a queue.
 */
export class EngineHost {
  readonly #options: EngineHostOptions
  readonly #effects: Effects
  readonly #links = new Map<CarrierId, Link>()
  readonly #expected: Expected
  readonly #log: Log | undefined
  readonly #ending: EndingLinks
  readonly #closed: Promise<void>
  #resolveClosed: () => void = () => undefined
  #server: { readonly carrier: CarrierId; readonly socket: SignalingSocket } | null = null
  #queue: EngineEvent[] = []
  #outbox: Happening[] = []
  #running = false
  #ended = false
  #wake: { readonly atMs: number; readonly cancel: () => void } | null = null
  #wakingSoon = false

  constructor(options: EngineHostOptions) {
    this.#options = options
    this.#log = options.journal.logOf('link')
    this.#ending = new EndingLinks(options.clock)
    this.#expected = new Expected(options.transports, options.iceServers, options.clock)
    this.#effects = this.#createEffects()
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  /** Resolves when the engine has left and every carrier is closed. */
  get closed(): Promise<void> {
    return this.#closed
  }

  push(event: EngineEvent): void {
    if (this.#ended) return
    this.#queue.push(event)
    if (this.#running) return
    this.#running = true
    try {
      // The queue may grow while it is worked off.
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#step(next)
    } finally {
      this.#running = false
    }
  }

  /**
   * Takes a link that somebody else has opened. `begin` is called once, now, and gives the link and what may be written
   * on it; `frames` have arrived before.
   */
  arrive(
    begin: (handlers: LinkHandlers) => { readonly link: Link; readonly room: number },
    frames: readonly Uint8Array[],
  ): void {
    if (this.#ended) return
    const carrier = this.#options.engine.newCarrier()
    const { link, room }: { readonly link: Link; readonly room: number } = begin(
      this.#handlersOf(carrier, { kind: 'arrived' }, () => link),
    )
    this.#links.set(carrier, link)
    this.push({ type: 'carrier:arrived', carrier, room })
    for (const bytes of frames) {
      if (this.#links.has(carrier)) this.push({ type: 'carrier:bytes', carrier, lane: 'reliable', bytes })
    }
  }

  /**
   * Says goodbye and closes everything at once; all that can be done while a page goes away. It passes by the queue:
   * Firefox cuts off a script in the middle when its tab is closed, and a step cut off leaves behind a queue that nothing
   * works off any more. For the same reason it may be called again, and does what it did not come to.
   */
  stop(): void {
    if (this.#ended) return
    this.#step({ type: 'leave', now: true })
    this.#end()
  }

  #step(event: EngineEvent): void {
    const { engine, clock, onHappening, onCrash } = this.#options
    try {
      engine.step(event, clock.now(), this.#effects)
    } catch (error) {
      this.#outbox = []
      this.#end()
      onCrash(error)
      return
    }
    // A browser keeps a page only when none of its connections is open, be it one that is about to close, or is yet to be used.
    if (event.type === 'suspend') {
      this.#ending.close()
      this.#expected.close()
    }
    const happenings = this.#outbox
    this.#outbox = []
    for (const happening of happenings) {
      // Before the listeners hear of it, so that nothing is open any more when they do.
      if (happening.type === 'notice' && happening.notice.type === 'left') this.#end()
      onHappening(happening)
    }
  }

  #createEffects(): Effects {
    const { engine, onAdmitted, onReported, onFailed } = this.#options
    return {
      openServer: (carrier) => this.#openServer(carrier),
      openLink: (carrier, memberId, remote) => this.#openLink(carrier, memberId, remote),
      expectLink: (memberId) => this.#expected.expect(memberId),
      dialLink: (carrier, address) => this.#dialLink(carrier, address),
      signalLink: (carrier, bytes) => this.#links.get(carrier)?.signal(bytes),
      write: (carrier, lane, bytes) => {
        if (this.#server?.carrier === carrier) this.#server.socket.write(bytes)
        else this.#links.get(carrier)?.write(lane, bytes)
      },
      close: (carrier, how) => this.#close(carrier, how),
      linkBound: (carrier, id) => {
        const media = this.#links.get(carrier)?.media
        if (media) this.#outbox.push({ type: 'linked', id, media })
      },
      deliver: (message) => this.#outbox.push({ type: 'message', message }),
      streamOpened: (opened) => this.#outbox.push({ type: 'stream', opened }),
      acknowledged: (acknowledged) => this.#outbox.push({ type: 'acknowledged', acknowledged }),
      admitted: onAdmitted,
      reported: onReported,
      failed: onFailed,
      emit: (notice) => {
        this.#outbox.push({ type: 'notice', notice, peer: 'id' in notice ? engine.peer(notice.id) : null })
      },
      wake: (atMs) => {
        this.#scheduleWake(atMs)
      },
    }
  }

  #openServer(carrier: CarrierId): void {
    const socket = this.#options.openServer({
      onOpen: ({ room }) => {
        // A socket that was replaced or closed may still speak; only the one in use is heard.
        if (this.#server?.socket === socket)
          this.push({ type: 'carrier:open', carrier, room: { reliable: room, unreliable: 0 }, binding: null })
      },
      onBytes: (bytes) => {
        if (this.#server?.socket === socket) this.push({ type: 'carrier:bytes', carrier, lane: 'reliable', bytes })
      },
      onRoom: (bytes) => {
        if (this.#server?.socket === socket) this.push({ type: 'carrier:room', carrier, lane: 'reliable', bytes })
      },
      onClose: ({ code, reason }) => {
        if (this.#server?.socket !== socket) return
        this.#server = null
        this.push({ type: 'carrier:closed', carrier, code, reason })
      },
    })
    this.#server = { carrier, socket }
  }

  #openLink(carrier: CarrierId, memberId: string, remote: Uint8Array | null): void {
    const { transports, iceServers } = this.#options
    const trace = { kind: remote === null ? 'offering' : 'answering', member: memberId } as const
    const expected = remote === null ? null : this.#expected.take(memberId)
    if (remote !== null && expected !== null) {
      return this.#begin(carrier, trace, (handlers) => expected.open({ remote, handlers }))
    }
    const transport = findTransport(transports, memberId)
    if (transport === null) {
      return this.push({ type: 'carrier:closed', carrier, reason: 'no transport reaches this member' })
    }
    this.#begin(carrier, trace, (handlers) => transport.open({ memberId, remote, iceServers, handlers }))
  }

  #dialLink(carrier: CarrierId, address: string): void {
    const { transports, isDialable } = this.#options
    const transport = transports.find((candidate) => candidate.kind === 'dialed')
    if (transport && isDialable(address)) {
      return this.#begin(carrier, { kind: 'dialled' }, (handlers) => transport.dial({ address, handlers }))
    }
    this.push({ type: 'carrier:closed', carrier, reason: 'the address may not be dialled' })
  }

  #begin(carrier: CarrierId, trace: LinkTrace, open: (handlers: LinkHandlers) => Link): void {
    this.#log?.('debug', 'link:begin', { carrier, ...trace })
    try {
      const link: Link = open(this.#handlersOf(carrier, trace, () => link))
      this.#links.set(carrier, link)
    } catch (error) {
      // A transport that was handed in may throw whatever it likes; that costs this link alone.
      this.push({ type: 'carrier:closed', carrier, reason: `the transport failed: ${String(error)}` })
    }
  }

  /** `linkOf` is asked when there is one. */
  #handlersOf(carrier: CarrierId, trace: LinkTrace, linkOf: () => Link): LinkHandlers {
    const isCurrent = () => this.#links.has(carrier)
    const { clock, journal } = this.#options
    const beganMs = clock.now()
    let isOpen = trace.kind === 'arrived'
    return {
      onSignal: (kind, bytes) => {
        if (isCurrent()) this.push({ type: 'link:signal', carrier, kind, bytes })
      },
      onOpen: ({ binding, room }) => {
        if (!isCurrent()) return
        isOpen = true
        this.#log?.('debug', 'link:open', { carrier, ...trace, afterMs: clock.now() - beganMs })
        this.push({ type: 'carrier:open', carrier, room, binding })
      },
      onBytes: (lane, bytes) => {
        if (isCurrent()) this.push({ type: 'carrier:bytes', carrier, lane, bytes })
      },
      onRoom: (lane, bytes, bulk = bytes) => {
        if (isCurrent()) this.push({ type: 'carrier:room', carrier, lane, bytes, bulk })
      },
      onClose: (reason) => {
        if (!this.#links.delete(carrier)) return this.#ending.handleClosed(linkOf())
        const event = isOpen ? 'link:closed' : 'link:failed'
        journal.note('link', 'warn', event, { carrier, ...trace, afterMs: clock.now() - beganMs, text: reason })
        this.push({ type: 'carrier:closed', carrier, reason })
      },
    }
  }

  #close(carrier: CarrierId, how: Closing): void {
    if (this.#server?.carrier === carrier) {
      // What was written to a socket still goes out after this.
      this.#server.socket.close()
      this.#server = null
      return
    }
    const link = this.#links.get(carrier)
    if (!link) return
    this.#links.delete(carrier)
    this.#log?.('debug', 'link:close', { carrier, how })
    if (how === 'now') link.close()
    else if (how === 'misconduct') link.close(CLOSE_PROTOCOL_ERROR)
    else if (how === 'drained') this.#ending.drain(link)
    else this.#ending.leave(link)
  }

  #scheduleWake(atMs: number): void {
    const { clock } = this.#options
    const delayMs = atMs - clock.now()
    if (delayMs <= 0) {
      if (this.#wakingSoon) return
      this.#wakingSoon = true
      clock.soon(() => {
        this.#wakingSoon = false
        this.push({ type: 'timer' })
      })
      return
    }
    if (this.#wake && this.#wake.atMs <= atMs) return
    this.#wake?.cancel()
    const cancel = clock.setTimer(delayMs, () => {
      this.#wake = null
      this.push({ type: 'timer' })
    })
    this.#wake = { atMs, cancel }
  }

  /** Lets go of everything. Idempotent. */
  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#queue = []
    this.#wake?.cancel()
    this.#wake = null
    if (this.#server) this.#close(this.#server.carrier, 'now')
    for (const carrier of [...this.#links.keys()]) this.#close(carrier, 'now')
    this.#expected.close()
    void this.#ending.closed.then(this.#resolveClosed)
  }
}
