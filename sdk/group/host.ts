/**
 * What the bots are made of, and no part of what `skein` exports: takes sockets off an HTTP server, and makes a group
 * for each key that somebody hands over.
 */
import { platform } from '#platform'
import { InvitationAnswer } from '../crypto/invitation.js'
import { InvitationError } from '../crypto/invitation-error.js'
import { loadSodium, parseGroupKey } from '../crypto/index.js'
import { createIdentityKeys } from '../crypto/identity.js'
import type { GroupKey } from '../crypto/group-key.js'
import type { KeyPair } from '../crypto/suite.js'
import { SkeinError } from '../errors.js'
import { FrameReader } from '../link/frame-reader.js'
import { listenForSockets, type ListenOptions } from '../platform/listen.node.js'
import type { SocketLike } from '../platform/platform.js'
import { FRAME } from '../protocol/codes.js'
import { DecodeError } from '../protocol/decode-error.js'
import { MAX_INVITE_FRAME_BYTES, REFUSED, type InviteReply } from '../protocol/invite-frames.js'
import { MAX_ADDRESS_BYTES, MAX_FRAME_BYTES } from '../protocol/limits.js'
import { decodeGreeting, LINK_SUBPROTOCOL } from '../protocol/socket-frames.js'
import { decodeBase64url, encodeBase64url } from '../util/base64url.js'
import { encodeUtf8, equalBytes } from '../util/bytes.js'
import { parseSocketUrl } from '../platform/socket-url.js'
import { coreOf } from './core-of.js'
import type { GroupCore } from './group-core.js'
import { keysOf } from './identity.js'
import { resolveOptions, type WebGroupOptions } from './options.js'
import { WebGroup } from './web-group.js'

/** From the open socket to the frame that says what it is for. */
const ASK_MS = 10_000
/** How long the member that invited has to become a link. */
const JOIN_MS = 30_000
/** Each takes a third of a second of work, and whoever invites gets that for nothing. */
const MAX_TYPED_JOINING = 8
/** Sockets that have not said what they are for. */
const MAX_ASKING = 256
const CLOSE_NO_GROUP = 4004
const CLOSE_BAD_FRAME = 4000

export interface BotHostOptions {
  readonly server: ListenOptions['server']
  /** Where members can dial this bot; `''` when they cannot, but for the one that invites. */
  readonly url: string
  readonly groupOptions: WebGroupOptions
  /** In how many groups at a time. */
  readonly maxGroups: number
  /** A group is about to be joined. What this throws is told to `onError`, and the group is joined all the same. */
  readonly onGroup: (group: WebGroup) => void
  /** Something failed that is not the doing of whoever asked. */
  readonly onError: (error: unknown) => void
}

interface Guest {
  readonly group: WebGroup
  readonly core: GroupCore
  /** Resolves with the member id once sockets can be taken; rejects with what the join rejects with. */
  readonly ready: Promise<string>
}

/** Serves the groups that one bot is in. */
export class BotHost {
  /** Who the bot is, in every group and to whoever invites it: 43 characters. Rejects when libsodium cannot be loaded. */
  readonly identity: Promise<string>
  readonly #options: BotHostOptions
  readonly #keys: Promise<KeyPair>
  readonly #addresses: readonly string[]
  /** By the key, as Unicode normalizes it. */
  readonly #guests = new Map<string, Guest>()
  /** Those of the guests, and those that are being left. */
  readonly #groups = new Set<WebGroup>()
  /** What ends the wait of each socket that has not said what it is for. */
  readonly #asking = new Set<AbortController>()
  #typedJoining = 0
  #isClosed = false
  readonly #stopListening: () => void
  #closing: Promise<void> | null = null

  /** Throws for options that no group would take, and for a URL that is none. */
  constructor(options: BotHostOptions) {
    this.#options = options
    const { identity } = resolveOptions(options.groupOptions)
    this.#addresses = options.url === '' ? [] : [checkAddress(options.url)]
    this.#keys = identity === null ? createIdentity() : Promise.resolve(keysOf(identity))
    this.identity = this.#keys.then(({ publicKey }) => encodeBase64url(publicKey))
    this.identity.catch(() => undefined)
    this.#stopListening = listenForSockets({
      server: options.server,
      path: options.url === '' ? '/' : new URL(options.url).pathname,
      subprotocol: LINK_SUBPROTOCOL,
      maxBytes: MAX_FRAME_BYTES,
      admits: () => !this.#isClosed && this.#asking.size < MAX_ASKING,
      onSocket: (socket) => void this.#serve(socket),
    })
  }

  /** The groups that the bot is in or joining. */
  get groups(): readonly WebGroup[] {
    return [...this.#guests.values()].map(({ group }) => group)
  }

  /** Takes no more sockets and leaves all groups. Resolves when everything is closed; never rejects. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    for (const waiting of this.#asking) waiting.abort(new SkeinError('closed', 'the bot was closed'))
    await Promise.all([...this.#groups].map((group) => group.leave()))
    this.#stopListening()
  }

  /** Never rejects: whatever is wrong ends this socket. */
  async #serve(socket: SocketLike): Promise<void> {
    const reader = new FrameReader(socket, MAX_INVITE_FRAME_BYTES)
    const timeout = new AbortController()
    const cancelTimer = platform.setTimer(ASK_MS, () => timeout.abort(new Error('nothing was asked in time')))
    this.#asking.add(timeout)
    try {
      const first = await reader.next(timeout.signal)
      if (first[0] === FRAME.GREET) this.#greeted(socket, reader, first)
      else await this.#invited(socket, reader, first, timeout.signal)
    } catch (error) {
      reader.release()
      socket.close(CLOSE_BAD_FRAME)
      const isTheirs = error instanceof DecodeError || error instanceof InvitationError
      if (!isTheirs && !timeout.signal.aborted && !reader.hasFailed) this.#options.onError(error)
    } finally {
      this.#asking.delete(timeout)
      cancelTimer()
    }
  }

  /** A member that knows where the bot is. */
  #greeted(socket: SocketLike, reader: FrameReader, first: Uint8Array): void {
    const { topic } = decodeGreeting(first)
    for (const { core } of this.#guests.values()) {
      const join = core.join
      if (!join?.topic || !equalBytes(join.topic, topic)) continue
      return join.arrive(socket, [first, ...reader.release()])
    }
    reader.release()
    socket.close(CLOSE_NO_GROUP, 'no such group here')
  }

  /** A member that hands over the key of its group. */
  async #invited(socket: SocketLike, reader: FrameReader, first: Uint8Array, signal: AbortSignal): Promise<void> {
    const sodium = await loadSodium()
    const identity = await this.#keys
    const answer = new InvitationAnswer({ sodium, random: (size) => platform.randomBytes(size), identity })
    socket.send(answer.handleInvite(first))
    const key = answer.handleKey(await reader.next(signal))
    const { reply, guest } = await this.#come(key, identity)
    if (reader.hasFailed) throw new InvitationError('damaged')
    socket.send(answer.reply(reply))
    const frames = reader.release()
    const join = guest?.core.join
    if (join) join.arrive(socket, frames)
    else socket.close()
  }

  async #come(key: string, identity: KeyPair): Promise<{ readonly reply: InviteReply; readonly guest: Guest | null }> {
    const refused = (reason: number) => ({ reply: { type: 'refused', reason } as const, guest: null })
    const name = key.normalize('NFC')
    let guest = this.#guests.get(name)
    if (guest === undefined) {
      const groupKey = readKey(name)
      if (groupKey === null) return refused(REFUSED.BAD_KEY)
      if (!this.#hasRoomFor(groupKey)) return refused(REFUSED.FULL)
      guest = this.#join(name, groupKey, identity)
    }
    try {
      const member = decodeBase64url(await guest.ready)
      return member === null ? refused(REFUSED.FAILED) : { reply: { type: 'comes', member }, guest }
    } catch {
      // The join has told `onError`.
      return refused(REFUSED.FAILED)
    }
  }

  #join(key: string, groupKey: GroupKey, identity: KeyPair): Guest {
    const { groupOptions, onGroup, onError } = this.#options
    const group = new WebGroup(groupOptions)
    const core = coreOf(group)
    core.role = { bot: true, addresses: this.#addresses, identity, isInvited: true }
    this.#groups.add(group)
    group.on('state:change', ({ next }) => {
      if (next === 'left' || next === 'leaving') this.#forget(key, group)
      if (next === 'left') this.#groups.delete(group)
    })
    try {
      onGroup(group)
    } catch (error) {
      onError(error)
    }
    const joined = core.startJoin({ key, groupKey, signal: undefined, timeoutMs: JOIN_MS })
    const ready = core.join?.identified ?? joined.then(() => '')
    const guest = { group, core, ready }
    this.#guests.set(key, guest)
    if (groupKey.kind === 'typed') this.#countWhileJoining(ready)
    joined.catch((error: unknown) => {
      this.#forget(key, group)
      if (!(error instanceof SkeinError && error.code === 'closed')) onError(error)
    })
    return guest
  }

  #hasRoomFor(groupKey: GroupKey): boolean {
    if (this.#isClosed || this.#guests.size >= this.#options.maxGroups) return false
    return groupKey.kind === 'generated' || this.#typedJoining < MAX_TYPED_JOINING
  }

  #countWhileJoining(ready: Promise<string>): void {
    const count = (change: number): void => void (this.#typedJoining += change)
    count(1)
    ready.then(
      () => count(-1),
      () => count(-1),
    )
  }

  /** Another group of the same key may have taken its place while it was being left. */
  #forget(key: string, group: WebGroup): void {
    if (this.#guests.get(key)?.group === group) this.#guests.delete(key)
  }
}

/** `null` for a key that is none. */
const readKey = (text: string): GroupKey | null => {
  try {
    return parseGroupKey(text)
  } catch {
    return null
  }
}

const checkAddress = (url: string): string => {
  const address = parseSocketUrl(url, { allowInsecure: true, what: 'bot' })
  if (encodeUtf8(address).length <= MAX_ADDRESS_BYTES) return address
  throw new RangeError(`cannot use bot URL: it takes more than ${MAX_ADDRESS_BYTES} bytes`)
}

const createIdentity = async (): Promise<KeyPair> =>
  createIdentityKeys(await loadSodium(), (size) => platform.randomBytes(size))
