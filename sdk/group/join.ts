import type { SkeinError } from '../errors.js'
import type { Engine } from '../mesh/engine.js'
import type { Platform, SocketLike } from '../platform/platform.js'
import type { EngineHost, Happening } from './engine-host.js'
import { action, createClosedError, createRejectedError, createTimeoutError } from './join-errors.js'
import type { Invitee } from './invites.js'
import type { JoinListener } from './join-listener.js'
import type { JoinRequest } from './join-request.js'
import type { Journal } from './journal.js'
import { loadForJoin } from './load.js'
import type { JoinRun } from './join-run.js'
import type { Settings } from './options.js'
import { PendingSends } from './pending-sends.js'

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
  /** From `onIdentified` on. */
  #running: JoinRun | null = null
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

  /** Of the engine; none before there is one. */
  stats(): ReturnType<JoinRun['stats']> | undefined {
    return this.#running?.stats()
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
    return (this.#running as JoinRun).invites.invite(invitee, signal)
  }

  /** Takes a socket that leads to a member, and what has arrived over it. Only once `onIdentified` was called. */
  arrive(socket: SocketLike, frames: readonly Uint8Array[]): void {
    if (this.#running === null) return socket.close()
    this.#running.arrive(socket, frames)
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
    const { parts, ...loaded } = await loadForJoin(settings, groupKey, role.isInvited)
    this.#journal.logOf('group')?.('debug', 'loaded', { iceServers: loaded.iceServers.length })
    if (!this.#settle) return
    this.#listener.onLoaded(parts)
    this.iceServers = loaded.iceServers
    const run = parts.createRun({
      settings,
      request: this.request,
      platform: this.#platform,
      journal: this.#journal,
      loaded,
      sends: this.sends,
      onHappening: (happening) => this.#handleHappening(happening),
      onServerFailed: (error) => this.#handleServerFailed(error),
      onError: (error) => this.#listener.onError(error),
      onCrash: (error) => {
        if (this.#settle) this.#fail(error)
        else this.#listener.onCrashed(this, error)
      },
    })
    this.#running = run
    this.identity = run.identity
    this.id = run.engine.id
    this.groupId = run.groupId
    this.topic = run.topic
    this.#listener.onIdentified(this)
    // A listener may have left the group just now.
    if (!this.#isPending) return
    run.host.push({ type: 'start' })
    this.#settleIdentified?.resolve(this.id)
  }

  get #isPending(): boolean {
    return this.#settle !== null
  }

  #handleHappening(happening: Happening): void {
    const notice = happening.type === 'notice' ? happening.notice : null
    if (notice?.type === 'rejected') return this.#fail(createRejectedError())
    if (notice?.type === 'member:join') this.#running?.invites.handleJoined(notice.id)
    if (notice?.type === 'refused') this.#running?.invites.handleRefused(notice)
    if (notice?.type === 'signaling:change') {
      this.#listener.onHappening(this, happening)
      if (notice.state === 'open') this.#welcomed = true
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
  #handleServerFailed(error: SkeinError): void {
    // Whoever was invited has another way in.
    if (!this.#welcomed && !this.request.role.isInvited) this.#fail(error)
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
