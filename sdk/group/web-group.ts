/// <reference lib="esnext.disposable" preserve="true" />
import { generateGroupKey, parseGroupKey } from '../crypto/index.js'
import { SkeinError } from '../errors.js'
import type { DeliveryReport, SignalingState } from '../mesh/events.js'
import { registerStreams } from '../mesh/streams.js'
import type { Channel, ChannelOptions, Presence } from '../channel/index.js'
import type { AddStreamOptions, OutgoingStream } from '../media/index.js'
import type { Duplex, FileSource, OpenDuplexOptions, SendFileOptions, Transfer } from '../transfer/index.js'
import { platform } from '#platform'
import { parseSocketUrl } from '../platform/socket-url.js'
import { addAsyncDispose } from './async-dispose.js'
import { readJoinCall, type InviteOptions, type JoinOptions, type SendOptions } from './call-options.js'
import { checkFields, checkMemberId, checkSignal } from './checks.js'
import { registerCore } from './core-of.js'
import type { DebugReport } from './debug-report.js'
import { describeGroup, type GroupDescription } from './describe.js'
import { GroupCore } from './group-core.js'
import { GroupEmitter } from './group-emitter.js'
import { splitBotUrl } from './invite-url.js'
import { follow, Journal } from './journal.js'
import type { WebGroupState } from './lifecycle.js'
import type { MessageData } from './messages.js'
import { resolveOptions, type WebGroupOptions } from './options.js'
import { sendToAll, sendToOne } from './sending.js'
import type { Peer } from './snapshots.js'
import type { GroupStats } from './stats.js'
import { watch } from '../util/watch.js'

/**
 * One member's handle on a group: all who share a key.
 *
 * A group is joined, left and joined again at will; each join is a new member with a new id. Several groups live side
 * by side without knowing of each other. Bad arguments throw a `TypeError` or `RangeError` at the call, from methods
 * that return promises too. Everything else that fails rejects, with a {@link SkeinError} that has a `code` or with the
 * reason of the signal that ended it. No rejection has to be handled: what nobody awaits is told to `error` listeners.
 *
 * @example
 * ```ts
 * const group = new WebGroup({ signaling: 'wss://signal.example.org' })
 * group.on('message', ({ from, data }) => console.log(from, data))
 * await group.join('a key that only we know')
 * await group.send('hello')
 * await group.leave()
 * ```
 */
export class WebGroup extends GroupEmitter {
  /** Like `leave()`, for `await using`, where the runtime knows it. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>

  readonly #core: GroupCore

  static {
    addAsyncDispose(WebGroup.prototype)
  }

  /** Opens nothing. Throws for options of a wrong type or range, and `insecure-url` for a `ws://` URL not allowed. */
  constructor(options: WebGroupOptions = {}) {
    const settings = resolveOptions(options)
    const journal = new Journal(settings.logger, platform)
    super(journal)
    this.#core = new GroupCore(settings, this.application, platform, journal)
    registerCore(this, this.#core)
    registerStreams(this, this.#core.streamHome)
  }

  /** A fresh random key. Whoever has it can join; share it as you would a password. */
  static generateKey(): string {
    return generateGroupKey((size) => platform.randomBytes(size))
  }

  get state(): WebGroupState {
    return this.#core.lifecycle.stage.name
  }

  /** Of the connection to the signaling server. Its loss leaves the group joined. */
  get signalingState(): SignalingState {
    return this.#core.signalingState
  }

  /** My member id, 22 characters. Empty until a join has it, and after leaving. */
  get myId(): string {
    return this.#core.join?.id ?? ''
  }

  /** The group's id, 22 characters: the same for all who have the key, and no secret. Empty as `myId` is. */
  get id(): string {
    return this.#core.join?.groupId ?? ''
  }

  /** The key joined with, a secret. Empty before `join()` and after leaving. */
  get key(): string {
    return this.#core.join?.request.key ?? ''
  }

  /** Ids of all who are here, mine first; empty until joined. Frozen, and the same array until it changes. */
  get members(): readonly string[] {
    return this.#core.snapshots.members
  }

  /** Ids of the members with a direct link to me. Frozen, and the same array until it changes. */
  get neighbors(): readonly string[] {
    return this.#core.snapshots.neighbors(this.#core.join?.engine?.neighbors() ?? [])
  }

  /** The other members. Frozen, and the same array until it changes; unchanged peers stay the same objects. */
  get peers(): readonly Peer[] {
    return this.#core.snapshots.peers
  }

  /**
   * Joins the group of this key; without one, of a fresh key, which `key` then shows.
   *
   * Resolves when the server says that nobody else is there, or when a first member is linked and the others that it
   * knows of have answered or had half a second to. `members` and `peers` are filled in then. Called again while
   * joining or joined, with the same key or none, it returns the same promise and ignores the options. While the group
   * is leaving, it waits for that first.
   *
   * Rejects with `signaling-missing`, `signaling-unreachable` (no server of the list answered), `signaling-refused`,
   * `version-mismatch`, `join-timeout`, `peers-unreachable` (others are there, none could be linked), `auth-rejected`
   * (all who were met refuse, or are refused by the option `auth`), `engine-missing` (no WebRTC here),
   * `already-joined` (with another key), `closed` (left meanwhile), or the reason of `signal`. The state is `left` then
   * and nothing is open. Throws a `RangeError` for a key that is empty, longer than 512 characters, or a damaged
   * generated one.
   */
  join(key?: string, options: JoinOptions = {}): Promise<void> {
    const action = 'group could not be joined'
    const { given, signal, timeoutMs } = readJoinCall(action, key, options)
    const claim = this.#core.claim
    if (claim && (!given || given.key.normalize('NFC') === claim.request.key.normalize('NFC'))) return claim.promise
    return watch(this.application.report, signal, () => {
      if (claim) throw new SkeinError('already-joined', `${action}: it is "${this.state}" with another key`)
      signal?.throwIfAborted()
      if (this.#core.settings.signalingUrls.length === 0) {
        throw new SkeinError('signaling-missing', `${action}: no signaling server is configured`)
      }
      const fresh = WebGroup.generateKey()
      const request = { ...(given ?? { key: fresh, groupKey: parseGroupKey(fresh) }), signal, timeoutMs }
      return this.#core.startJoin(request)
    })
  }

  /**
   * Says goodbye and closes everything. Idempotent, never rejects; resolves when everything is closed.
   *
   * Sends that still wait for room, and a join under way, reject with `closed`. What is on its way already gets a
   * moment to arrive. No member or message event follows this call.
   */
  leave(): Promise<void> {
    return this.#core.leave()
  }

  /**
   * Sends a message to all members, in order with everything else I send.
   *
   * Resolves when the message is in the window of every member that is here, at once when nobody else is; until then
   * it waits for room, so awaiting each send keeps memory bounded. The data is copied during the call. Strings travel
   * as UTF-8: lone surrogates become U+FFFD. An empty message is a message.
   *
   * Rejects with `not-joined`, `message-too-large` (over `limits.messageBytes`), `closed` (left while waiting), or the
   * reason of `signal`; never because of what a recipient does: what may not have been delivered is told by the event
   * `delivery:fail`. Throws a `TypeError` for other data.
   *
   * With `confirm`, resolves when every member that was here has the message, handed over to its application by its SDK,
   * or has failed: it left first, or stalled. The report says which.
   */
  send(data: MessageData, options: SendOptions & { readonly confirm: true }): Promise<DeliveryReport>
  send(data: MessageData, options?: SendOptions): Promise<void>
  send(data: MessageData, options: SendOptions = {}): Promise<unknown> {
    return sendToAll(this.#core, this.application.report, data, options)
  }

  /**
   * Sends a message to one member, in order with everything else I send. As {@link WebGroup.send}; rejects also with
   * `member-unknown` for an id that is not in `members` or is mine, and with `member-left` or `member-stalled` when it
   * leaves, or acknowledges nothing for `limits.stallMs`, while the send waits; then the error's `maybeDelivered` says
   * whether it may have got the message all the same.
   */
  sendTo(id: string, data: MessageData, options: SendOptions = {}): Promise<void> {
    return sendToOne(this.#core, this.application.report, checkMemberId('message could not be sent', id), data, options)
  }

  /**
   * The channel of this name: typed values, in an order of their own, and requests. The same object each time until it is
   * closed, before, between and after joins; what comes for a channel that nobody has asked for goes by unread.
   * {@link Channel} has the rest. Throws a `TypeError` or `RangeError` for a name or options that cannot be, or that another
   * call for the same channel has named otherwise.
   */
  channel<Sent = unknown, Received = Sent>(
    name: string,
    options: ChannelOptions<Sent, Received> = {},
  ): Channel<Sent, Received> {
    return this.#core.rooms.channels.channel(name, options)
  }

  /** A small state of mine that everybody sees while I am here, and everybody's that I see. */
  get presence(): Presence {
    return this.#core.rooms.presence
  }

  /**
   * Offers a file, or bytes, to a member or several (`to`), read once for all of them, in bounded memory at any size. The
   * {@link Transfer} is a promise of what became of it, recipient by recipient, and can be watched, paused and cancelled. Rejects as
   * it says, `not-joined` included. Throws a `TypeError` or `RangeError` for bad arguments.
   */
  sendFile(source: FileSource, options: SendFileOptions): Transfer {
    const transfer = this.#core.rooms.transfers.sendFile(source, options)
    follow(this.#core.journal.logOf('transfer'), 'file', { to: options.to }, transfer)
    void watch(this.application.report, options.signal, () => Promise.resolve(transfer))
    return transfer
  }

  /**
   * Opens a stream of bytes each way with a member, with backpressure from end to end. Resolves when the other side has taken it. Rejects with `duplex-refused`
   * (nobody listens to `duplex:open` there, or too many are open), `not-joined`, `member-unknown`, `member-left`, `closed`, or the reason of `signal`.
   * Throws a `TypeError` or `RangeError` for bad arguments.
   */
  openDuplex(to: string, options: OpenDuplexOptions = {}): Promise<Duplex> {
    const opened = this.#core.rooms.transfers.openDuplex(to, options)
    follow(this.#core.journal.logOf('transfer'), 'duplex', { to }, opened)
    return watch(this.application.report, options.signal, () => opened)
  }

  /**
   * Gives my camera, microphone or screen to those who are here and whoever comes, over all joins, until `remove()`. Throws a `TypeError` or
   * `RangeError` for what cannot be added: see README. What fails later, a promised stream included, rejects {@link OutgoingStream.ready}.
   */
  addStream(stream: MediaStream | Promise<MediaStream>, options: AddStreamOptions = {}): OutgoingStream {
    return this.#core.rooms.media.addStream(stream, options)
  }

  /**
   * Has elements sound that the browser has kept silent (`audio:blocked`). To be called by what a click or a key does. Resolves when all of them do; rejects
   * `media-denied` when the browser refuses again.
   */
  startAudio(): Promise<void> {
    return watch(this.application.report, undefined, async () => this.#core.rooms.gate?.startAudio())
  }

  /**
   * Asks the bot at this URL into the group, and resolves with its member id once it is here. Asking one that is here
   * already gives its id. An identity behind `#` (43 characters) is who the bot must be; without one, whoever answers
   * at the URL gets the key.
   *
   * Rejects with `not-joined`, `invite-failed` (nobody answers, no bot does, another identity, it will not come, not
   * here within 15 s), `auth-rejected` (it does not let me in, or I do not let it in; it has the key all the same),
   * `insecure-url` (`ws://` to another machine), `closed`, or the reason of `signal`, which ends the wait alone. Throws a `TypeError` or `RangeError` for what is no such URL.
   */
  invite(url: string, options: InviteOptions = {}): Promise<string> {
    const action = 'bot could not be invited'
    const signal = checkSignal(action, checkFields(action, 'options', options, ['signal']).signal)
    const { url: address, ...invitee } = splitBotUrl(url)
    return watch(this.application.report, signal, () => {
      signal?.throwIfAborted()
      const { allowInsecure } = this.#core.settings
      return this.#core.invite({ ...invitee, url: parseSocketUrl(address, { allowInsecure, what: 'bot' }) }, signal)
    })
  }

  /**
   * My identity and that of this member as 12 groups of 5 digits, the same at both ends. Two people who compare them
   * by another way than this group (side by side, on the phone), and find them equal, know that nobody sits between them; then
   * call {@link WebGroup.verify}. It says nothing of somebody who had a hand on either device.
   *
   * Stays the same for as long as both keep their identities: without the option `identity`, until one joins anew.
   * Rejects with `not-joined` or `member-unknown` (mine, too). Throws a `TypeError` for an id that is no string.
   */
  safetyNumber(id: string): Promise<string> {
    checkMemberId('safety number could not be computed', id)
    return watch(this.application.report, undefined, () => this.#core.recognition.safetyNumber(id))
  }

  /**
   * Remembers on this device that the identity of this member belongs to whom it calls itself in `profile.name`, which
   * you have made sure of (see {@link WebGroup.safetyNumber}). From then on its `peer.verified` is true, in every group,
   * and `identity:change` fires when somebody with another identity goes by that name. Groups that are joined already,
   * other than this one, take notice at their next join. Resolves when it is stored and shown.
   *
   * Rejects with `not-joined`, `member-unknown`, `member-unnamed` (its profile has no `name` that is a text), or
   * `storage-failed` where nothing can be kept. Throws a `TypeError` for an id that is no string.
   */
  verify(id: string): Promise<void> {
    checkMemberId('member could not be verified', id)
    return watch(this.application.report, undefined, () => this.#core.recognition.verify(id))
  }

  /** Live figures, as plain data that can be written as JSON; free of secrets. */
  stats(): GroupStats {
    const { state, signalingState, myId } = this
    return {
      state,
      signalingState,
      myId,
      peers: [],
      totals: null,
      media: this.#core.rooms.gate?.stats ?? [],
      ...this.#core.join?.stats(),
    }
  }

  /** What this group is set up to contact and to do; free of secrets. */
  describe(): GroupDescription {
    const { join, settings } = this.#core
    return describeGroup(settings, join?.iceServers ?? settings.iceServers, join?.request.groupKey.kind ?? null)
  }

  /**
   * What somebody else needs to see in order to help, as plain frozen data for `JSON.stringify()`: state, settings, members, figures,
   * and what has happened lately. At any time, also before a join, and after one what it came to. Never in it: keys, secrets, profiles,
   * messages, addresses, or more of a URL than its host; ids are cut to 6 characters. So it can be shown in public.
   *
   * Rejects only when what makes the report cannot be loaded.
   */
  async debugReport(): Promise<DebugReport> {
    const { createDebugReport } = await import('./debug-report.js')
    return createDebugReport(this.#core, this.stats(), this.describe(), platform)
  }
}
