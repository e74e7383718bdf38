import { loadSodium } from '../crypto/index.js'
import { InvitationError } from '../crypto/invitation-error.js'
import { SkeinError } from '../errors.js'
import { FrameReader } from '../link/frame-reader.js'
import { openLinkSocket } from '../link/dialed-link.js'
import type { Platform, SocketLike } from '../platform/platform.js'
import { MAX_INVITE_FRAME_BYTES, REFUSED } from '../protocol/invite-frames.js'
import { encodeBase64url } from '../util/base64url.js'
import { equalBytes } from '../util/bytes.js'

const action = 'bot could not be invited'
/** From the call until the bot is here. */
const INVITE_MS = 15_000

/** Whom to invite: where it is, and who it must be (32 bytes), if that is known. */
export interface Invitee {
  readonly url: string
  readonly pin: Uint8Array | null
}

export interface InvitesOptions {
  readonly platform: Platform
  /** The key of the group. */
  readonly key: string
  /** A member that is here, as far as it matters who it is; `null` for others. */
  readonly find: (id: string) => { readonly identity: Uint8Array; readonly bot: boolean } | null
  /** A socket that leads to a member from now on, and what has arrived over it. */
  readonly onSocket: (socket: SocketLike, frames: readonly Uint8Array[]) => void
}

/** The wait for a bot that has said that it comes. */
interface Arrival {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** The invitations of one join. Two to one address at a time are one. */
export class Invites {
  readonly #options: InvitesOptions
  readonly #running = new Map<string, Promise<string>>()
  readonly #arrivals = new Map<string, Set<Arrival>>()
  readonly #waits = new Set<AbortController>()
  #ended: SkeinError | null = null

  constructor(options: InvitesOptions) {
    this.#options = options
  }

  /**
   * Resolves with the id of the bot once it is here. Rejects with `invite-failed`, `auth-rejected` when one of the two
   * does not let the other in, or `closed` when the join has ended.
   */
  invite(invitee: Invitee, signal: AbortSignal | undefined): Promise<string> {
    const name = `${invitee.url}#${invitee.pin === null ? '' : encodeBase64url(invitee.pin)}`
    let running = this.#running.get(name)
    if (running === undefined) {
      running = this.#run(invitee).finally(() => this.#running.delete(name))
      running.catch(() => undefined)
      this.#running.set(name, running)
    }
    return signal === undefined ? running : abortable(running, signal)
  }

  handleJoined(id: string): void {
    for (const arrival of this.#arrivals.get(id) ?? []) arrival.resolve()
  }

  handleRefused({ id, by }: { readonly id: string; readonly by: 'me' | 'them' }): void {
    const reason = by === 'me' ? 'the "auth" option does not let it in' : 'it does not let this member in'
    for (const arrival of this.#arrivals.get(id) ?? []) {
      arrival.reject(new SkeinError('auth-rejected', `${action}: ${reason}`))
    }
  }

  end(error: SkeinError): void {
    this.#ended = error
    for (const wait of this.#waits) wait.abort(error)
  }

  async #run(invitee: Invitee): Promise<string> {
    const { platform, find } = this.#options
    if (this.#ended !== null) throw this.#ended
    const wait = new AbortController()
    const cancelTimer = platform.setTimer(INVITE_MS, () => {
      wait.abort(new SkeinError('invite-failed', `${action}: it did not come within "${INVITE_MS}" ms`))
    })
    this.#waits.add(wait)
    try {
      const { id, identity, arrived } = await this.#ask(invitee, wait.signal)
      await arrived
      const peer = find(id)
      if (peer === null) throw new Error('it has left again')
      // It could name anyone, and whoever asked would take that member for the bot.
      if (!peer.bot || !equalBytes(peer.identity, identity)) throw new Error('it names a member that it is not')
      return id
    } catch (error) {
      throw asSkeinError(error)
    } finally {
      cancelTimer()
      this.#waits.delete(wait)
    }
  }

  /** Hands the key over; the bot's member id, the identity that it proved, and what settles once it is here or will not be. */
  async #ask(
    { url, pin }: Invitee,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly identity: Uint8Array; readonly arrived: Promise<void> | null }> {
    const { platform, key, find, onSocket } = this.#options
    const [sodium, { Invitation }] = await Promise.all([loadSodium(), import('../crypto/invitation.js')])
    const { socket, reader } = await openLinkSocket({
      address: url,
      platform,
      signal,
      take: (opened) => ({ socket: opened, reader: new FrameReader(opened, MAX_INVITE_FRAME_BYTES) }),
    })
    try {
      const invitation = new Invitation({ sodium, random: (size) => platform.randomBytes(size), key, pin })
      socket.send(invitation.frame)
      socket.send(invitation.handleProof(await reader.next(signal)))
      const reply = invitation.handleReply(await reader.next(signal))
      if (reply.type === 'refused') throw new Error(refusals[reply.reason] ?? 'it will not come')
      const { identity } = invitation
      if (reader.hasFailed || identity === null) throw new InvitationError('damaged')
      const id = encodeBase64url(reply.member)
      const frames = reader.release()
      if (find(id) !== null) {
        socket.close()
        return { id, identity, arrived: null }
      }
      // Before the socket is handed on, since what came with the reply may be a refusal.
      const arrived = this.#arrival(id, signal)
      arrived.catch(() => undefined)
      onSocket(socket, frames)
      return { id, identity, arrived }
    } catch (error) {
      reader.release()
      socket.close()
      throw error
    }
  }

  #arrival(id: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const waiting = this.#arrivals.get(id) ?? new Set()
      this.#arrivals.set(id, waiting)
      const finish = (settle: () => void): void => {
        waiting.delete(arrival)
        if (waiting.size === 0) this.#arrivals.delete(id)
        signal.removeEventListener('abort', handleAbort)
        settle()
      }
      const arrival: Arrival = {
        resolve: () => finish(resolve),
        reject: (reason) => finish(() => reject(reason)),
      }
      const handleAbort = (): void => arrival.reject(signal.reason)
      waiting.add(arrival)
      signal.addEventListener('abort', handleAbort)
    })
  }
}

const refusals: Readonly<Record<number, string>> = {
  [REFUSED.FULL]: 'it is in as many groups as it may be',
  [REFUSED.FAILED]: 'it could not join',
  [REFUSED.BAD_KEY]: 'it does not understand the key',
}

const invitationFailures = {
  damaged: 'it does not speak as a skein bot does',
  forged: 'it does not prove who it is',
  'other-identity': 'its identity is not the one in the URL',
} as const

const asSkeinError = (error: unknown): SkeinError => {
  if (error instanceof SkeinError) return error
  const reason =
    error instanceof InvitationError
      ? invitationFailures[error.reason]
      : error instanceof Error
        ? error.message
        : String(error)
  return new SkeinError('invite-failed', `${action}: ${reason}`, { cause: error })
}

/** Ends the wait, not what is waited for: others may wait for the same. */
const abortable = <Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> =>
  new Promise((resolve, reject) => {
    const handleAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', handleAbort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', handleAbort))
  })
