import type { SignalingClosed } from '../discovery/signaling-socket.js'
import type { Engine } from '../mesh/engine.js'
import type { SignalingState } from '../mesh/events.js'
import type { Platform, SocketLike } from '../platform/platform.js'
import { isDialable } from '../platform/socket-url.js'
import type { EngineHost, Happening } from './engine-host.js'
import {
  action,
  createClosedError,
  createMisunderstoodError,
  createRejectedError,
  createServerError,
  createTimeoutError,
  withoutSecrets,
} from './join-errors.js'
import { keysOf } from './identity.js'
import type { Invites, Invitee } from './invites.js'
import type { JoinListener } from './join-listener.js'
import type { JoinRequest } from './join-request.js'
import type { Journal } from './journal.js'
import { loadForJoin, type JoinParts } from './load.js'
import type { Settings } from './options.js'
import { PendingSends } from './pending-sends.js'

/** What runs from `onIdentified` on. */
interface Running {
  readonly engine: Engine
  readonly host: EngineHost
  readonly invites: Invites
  readonly SocketLink: JoinParts['SocketLink']
}

/** One join of one group, from the call until its last carrier is closed. */
export class Join {
  readonly request: JoinRequest
  /** Settles once, as `WebGroup.join` promises. Handled: nobody has to wait for it. */
  readonly promise: Promise<void>
  /** The member id, once sockets can be taken; rejects as `promise` does when that comes first. Handled, too. */
  readonly identified: Promise<string>
  readonly sends = new PendingSends()
  /** Empty until `onIdentified`. */
  id = ''
  groupId = ''
  /** Who I am in this join, as others see it; empty as `id` is. */
  identity: Uint8Array = new Uint8Array()
  /** All that servers ever see of the group. */
  topic: Uint8Array | null = null
  iceServers: readonly RTCIceServer[] | null = null

  readonly #settings: Settings
  readonly #listener: JoinListener
  readonly #platform: Platform
  readonly #journal: Journal
  #running: Running | null = null
  #settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | null = null
  #settleIdentified: { readonly resolve: (id: string) => void; readonly reject: (reason: unknown) => void } | null =
    null
  #release: () => void = () => undefined
  #held: Happening[] | null = []
  /** The server has answered the JOIN: whoever is there has been introduced. */
  #welcomed = false

  constructor(settings: Settings, request: JoinRequest, listener: JoinListener, platform: Platform, journal: Journal) {
    this.#settings = settings
    this.request = request
    this.#listener = listener
    this.#platform = platform
    this.#journal = journal
    this.promise = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.promise.catch(() => undefined)
    this.identified = new Promise<string>((resolve, reject) => {
      this.#settleIdentified = { resolve, reject }
    })
    this.identified.catch(() => undefined)
    this.promise.catch((error: unknown) => this.#settleIdentified?.reject(error))
    const handleAbort = () => {
      this.#fail(request.signal?.reason)
    }
    request.signal?.addEventListener('abort', handleAbort)
    const cancelTimer = platform.setTimer(request.timeoutMs, () => {
      this.#fail(createTimeoutError(this.request, this.#welcomed))
    })
    this.#release = () => {
      cancelTimer()
      request.signal?.removeEventListener('abort', handleAbort)
    }
  }

  get engine(): Engine | null {
    return this.#running?.engine ?? null
  }

  begin(): void {
    this.#prepare().catch((error: unknown) => {
      this.#fail(error)
    })
  }

  push(...args: Parameters<EngineHost['push']>): void {
    this.#running?.host.push(...args)
  }

  /** Only once joined. */
  invite(invitee: Invitee, signal: AbortSignal | undefined): Promise<string> {
    return (this.#running as Running).invites.invite(invitee, signal)
  }

  /** Takes a socket that leads to a member, and what has arrived over it. Only once `onIdentified` was called. */
  arrive(socket: SocketLike, frames: readonly Uint8Array[]): void {
    if (this.#running === null) return socket.close()
    const { host, SocketLink } = this.#running
    host.arrive((handlers) => {
      const link = new SocketLink({ socket, platform: this.#platform, handlers })
      return { link, room: link.room }
    }, frames)
  }

  /** Ends it with goodbyes. Rejects what is pending with `closed`. Resolves when everything is closed; never rejects. */
  async leave(): Promise<void> {
    this.#cancel()
    this.#running?.host.push({ type: 'leave', now: false })
    await this.#running?.host.closed
  }

  /** As `leave`, without waiting for anything. */
  stop(): void {
    this.#cancel()
    this.#running?.host.stop()
  }

  #cancel(): void {
    this.#release()
    this.#settle?.reject(createClosedError(action))
    this.#settle = null
    this.sends.rejectAll(() => createClosedError('message could not be sent'))
    this.#running?.invites.end(createClosedError('bot could not be invited'))
  }

  async #prepare(): Promise<void> {
    const settings = this.#settings
    const { groupKey, role } = this.request
    const loaded = await loadForJoin(settings, groupKey, role.isInvited)
    const { parts, sodium, groupSecret, iceServers } = loaded
    this.#journal.logOf('group')?.('debug', 'loaded', { iceServers: iceServers.length })
    if (!this.#settle) return
    this.#listener.onLoaded(parts)
    this.iceServers = iceServers
    const suite = parts.createSuite({ sodium, random: (size) => this.#platform.randomBytes(size) })
    const { groupId, ...keys } = parts.deriveGroupKeys(suite, groupSecret, settings.auth, (error) => {
      this.#listener.onError(error)
    })
    const identity = role.identity ?? (settings.identity && keysOf(settings.identity)) ?? suite.identityKeys()
    const engine = new parts.Engine(
      {
        suite,
        keys,
        identity,
        session: suite.sessionKeys(),
        profile: settings.profile,
        bot: role.bot,
        addresses: role.addresses,
        // A bot is dialled; whom it could dial was told to it by those who are in the group.
        dials: !role.bot && settings.transports.some(({ kind }) => kind === 'dialed'),
        relay: settings.relay,
        server: settings.signalingUrls.length > 0,
        canLink: (memberId) =>
          settings.transports.some((transport) => transport.kind === 'signaled' && transport.canLink(memberId)),
        limits: { messageBytes: settings.messageBytes, maxLinks: settings.maxLinks, stallMs: settings.stallMs },
        lingerMs: settings.lingerMs,
        log: this.#journal.logOf('mesh'),
      },
      this.#platform.now(),
    )
    const host = this.#createHost(parts, engine, iceServers)
    const invites = this.#createInvites(parts)
    this.#running = { engine, host, invites, SocketLink: parts.SocketLink }
    this.identity = identity.publicKey
    this.id = engine.id
    this.groupId = groupId
    this.topic = keys.topic
    this.#listener.onIdentified(this)
    // A listener may have left the group just now.
    if (!this.#isPending) return
    host.push({ type: 'start' })
    this.#settleIdentified?.resolve(this.id)
  }

  get #isPending(): boolean {
    return this.#settle !== null
  }

  #createInvites({ Invites }: JoinParts): Invites {
    return new Invites({
      platform: this.#platform,
      key: this.request.key,
      find: (id) => this.engine?.peer(id) ?? null,
      onSocket: (socket, frames) => {
        this.arrive(socket, frames)
      },
    })
  }

  #createHost(
    { EngineHost, openSignaling }: JoinParts,
    engine: Engine,
    iceServers: readonly RTCIceServer[],
  ): EngineHost {
    return new EngineHost({
      engine,
      journal: this.#journal,
      iceServers,
      transports: this.#settings.transports,
      isDialable: (address) => isDialable(address, this.#settings.allowInsecure),
      clock: this.#platform,
      openServer: (handlers) =>
        openSignaling({
          urls: this.#settings.signalingUrls,
          platform: this.#platform,
          log: this.#journal.logOf('signaling'),
          handlers: {
            ...handlers,
            onClose: (info) => {
              const { code, opened, refused } = info
              this.#journal.note('signaling', 'warn', 'signaling:closed', { code, opened, refused })
              const end = { ...info, reason: withoutSecrets(info.reason) }
              handlers.onClose(end)
              this.#handleServerClosed(end)
            },
          },
        }),
      onAdmitted: (submission) => {
        this.sends.handleAdmitted(submission)
      },
      onReported: (submission, report) => {
        this.sends.handleReported(submission, report)
      },
      onFailed: (submission, failure) => {
        this.sends.handleFailed(submission, failure)
      },
      onHappening: (happening) => {
        this.#handleHappening(happening)
      },
      onCrash: (error) => {
        if (this.#settle) this.#fail(error)
        else this.#listener.onCrashed(this, error)
      },
    })
  }

  #handleHappening(happening: Happening): void {
    const notice = happening.type === 'notice' ? happening.notice : null
    if (notice?.type === 'rejected') return this.#fail(createRejectedError())
    if (notice?.type === 'member:join') this.#running?.invites.handleJoined(notice.id)
    if (notice?.type === 'refused') this.#running?.invites.handleRefused(notice)
    if (notice?.type === 'signaling:change') {
      this.#listener.onHappening(this, happening)
      this.#handleSignaling(notice.state, notice.reason)
    } else if (this.#held && notice?.type !== 'joined') {
      this.#held.push(happening)
    } else if (this.#held) {
      this.#handleJoined(this.#held)
    } else {
      this.#listener.onHappening(this, happening)
    }
  }

  /** Those who were found on joining are told of once the group can be used: a listener may greet them at once. */
  #handleJoined(held: readonly Happening[]): void {
    if (!this.#settle) return
    const { resolve } = this.#settle
    this.#settle = this.#held = null
    this.#release()
    this.#listener.onJoined(this)
    resolve()
    for (const happening of held) this.#listener.onHappening(this, happening)
  }

  /** The engine dials again and again; a join ends with the first round in which nobody answers as a server should. */
  #handleServerClosed(info: SignalingClosed): void {
    // Whoever was invited has another way in.
    if (this.#welcomed || !this.#isPending || this.request.role.isInvited) return
    const error = createServerError(info)
    if (error !== null) this.#fail(error)
  }

  #handleSignaling(state: SignalingState, reason: string): void {
    if (state === 'open') this.#welcomed = true
    if (this.#welcomed || state !== 'closed' || this.request.role.isInvited) return
    const error = createMisunderstoodError(reason)
    if (error !== null) this.#fail(error)
  }

  #fail(error: unknown): void {
    if (!this.#settle) return
    const { reject } = this.#settle
    this.#settle = null
    this.#release()
    this.#running?.host.stop()
    this.#listener.onFailed(this, error)
    reject(error)
  }
}
