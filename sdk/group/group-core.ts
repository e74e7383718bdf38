import { SkeinError } from '../errors.js'
import type { SignalingState } from '../mesh/events.js'
import type { Platform } from '../platform/platform.js'
import { MESSAGE_STREAM } from '../protocol/streams.js'
import type { Happening } from './engine-host.js'
import type { GroupEvents } from './events.js'
import { GroupRooms } from './group-rooms.js'
import type { GroupStreams } from './group-streams.js'
import { follow, type Journal } from './journal.js'
import { Join } from './join.js'
import type { JoinListener } from './join-listener.js'
import type { JoinRequest } from './join-request.js'
import { reasonOf } from './join-errors.js'
import type { JoinParts } from './load.js'
import { LateStreams } from './late-streams.js'
import { Lifecycle } from './lifecycle.js'
import { decodeMessage } from './messages.js'
import type { Notices } from './notices.js'
import type { Settings } from './options.js'
import type { Invitee } from './invites.js'
import { guest, type Role } from './role.js'
import { Snapshots, type Peer } from './snapshots.js'
import { PageWatch } from './page-watch.js'
import { Recognition } from './recognition.js'
import type { Log } from '../util/log.js'

/** The public events, and what the handler properties need beyond them. */
export interface CoreEvents extends Omit<GroupEvents, 'error'> {
  readonly identified: { readonly id: string }
}

/** The application, as the core sees it. Neither call throws. */
export interface Application {
  readonly emit: <K extends keyof CoreEvents>(name: K, payload: CoreEvents[K]) => void
  readonly report: (error: unknown) => void
  /** Whether anybody listens. */
  readonly listens: (name: keyof CoreEvents) => boolean
}

/** What a group does behind its facade: one join after the other, and what each of them tells, as events. */
export class GroupCore implements JoinListener {
  readonly settings: Settings
  readonly snapshots: Snapshots
  readonly recognition: Recognition
  readonly rooms: GroupRooms
  readonly lifecycle: Lifecycle
  readonly journal: Journal
  readonly log: Log | undefined
  /** Of every join from now on. */
  role: Role = guest
  readonly #app: Application
  readonly #platform: Platform
  /** `null` until the first join has loaded them. */
  streams: GroupStreams | null = null
  #notices: Notices | null = null
  readonly streamHome = new LateStreams()
  #signalingState: SignalingState = 'closed'
  /** Called for while the group was leaving; begins once everything is closed. */
  #next: Join | null = null
  /** Runs while a group that will not join again by itself has neither a link nor the server. */
  #cancelLost: (() => void) | null = null
  /** Only while there is something to do: a group that has left keeps nothing alive. */
  readonly #page: PageWatch

  constructor(settings: Settings, app: Application, platform: Platform, journal: Journal) {
    this.settings = settings
    this.journal = journal
    this.log = journal.logOf('group')
    this.#app = app
    this.#platform = platform
    this.lifecycle = new Lifecycle((change) => app.emit('state:change', change))
    this.recognition = new Recognition(this, app, platform)
    this.snapshots = new Snapshots(this.recognition)
    this.rooms = new GroupRooms(this, app, { platform, messageBytes: settings.messageBytes })
    this.#page = new PageWatch(platform, {
      hint: (hint) => {
        this.log?.('debug', 'page:hint', { hint })
        this.join?.push({ type: 'hint', hint })
      },
      hide: (mayComeBack) => {
        this.#handlePageHide(mayComeBack)
      },
    })
  }

  get signalingState(): SignalingState {
    return this.#signalingState
  }

  /** The join that is under way or done; `null` once the group has left. */
  get join(): Join | null {
    const { stage } = this.lifecycle
    return stage.name === 'left' ? null : stage.join
  }

  /** The join that has members, if any. */
  get current(): Join | null {
    const { stage } = this.lifecycle
    return stage.name === 'joined' ? stage.join : null
  }

  get members(): readonly string[] {
    return this.snapshots.members
  }

  get myId(): string {
    return this.join?.id ?? ''
  }

  report(error: unknown): void {
    this.#app.report(error)
  }

  /** The join that another call would have to agree with. */
  get claim(): Join | null {
    return this.#next ?? (this.lifecycle.stage.name === 'leaving' ? null : this.join)
  }

  /** Only while there is no `claim`. */
  startJoin(request: Omit<JoinRequest, 'role'>): Promise<void> {
    const join = new Join(this.settings, { ...request, role: this.role }, this, this.#platform, this.journal)
    if (this.lifecycle.stage.name === 'leaving') this.#next = join
    else this.#begin(join)
    return join.promise
  }

  invite(invitee: Invitee, signal: AbortSignal | undefined): Promise<string> {
    const invited = this.joined('bot could not be invited').invite(invitee, signal)
    const note: Log = (...told) => {
      this.journal.note('group', ...told)
    }
    follow(note, 'invite', { url: invitee.url }, invited)
    return invited
  }

  /** Throws `not-joined`. */
  joined(action: string): Join {
    const { stage } = this.lifecycle
    if (stage.name === 'joined') return stage.join
    throw new SkeinError('not-joined', `${action}: the group is "${stage.name}"`)
  }

  /** Throws `not-joined`. */
  assertJoined(action: string): void {
    this.joined(action)
  }

  /** Another member that is here. Throws `not-joined` or `member-unknown`. */
  peer(action: string, id: string): Peer {
    this.joined(action)
    const peer = this.snapshots.get(id)
    if (peer) return peer
    throw new SkeinError('member-unknown', `${action}: "${id}" is no other member of this group`)
  }

  leave(): Promise<void> {
    const next = this.#next
    this.#next = null
    next?.stop()
    const { stage } = this.lifecycle
    if (stage.name === 'leaving') return stage.done
    return stage.name === 'left' ? Promise.resolve() : this.#leave(stage.join, 'leave')
  }

  onLoaded(parts: JoinParts): void {
    if (this.streams !== null) return
    const { snapshots, recognition } = this
    this.streams = new parts.GroupStreams(this, this.journal)
    this.#notices = new parts.Notices({ app: this.#app, snapshots, recognition, streams: this.streams })
    this.rooms.start(this.streams, parts)
    this.streamHome.begin(this.streams)
  }

  onIdentified(join: Join): void {
    this.snapshots.begin(join.id)
    this.#app.emit('identified', { id: join.id })
  }

  onJoined(join: Join): void {
    this.lifecycle.move({ name: 'joined', join }, 'joined')
  }

  onFailed(join: Join, error: unknown): void {
    if (this.#next === join) this.#next = null
    else this.#left(join, reasonOf(join, error))
  }

  onError(error: unknown): void {
    this.#app.report(error)
  }

  onCrashed(join: Join, error: unknown): void {
    this.#app.report(error)
    this.#leaveNow(join, 'failure')
  }

  onHappening(join: Join, happening: Happening): void {
    if (this.join !== join) return
    if (happening.type === 'notice' && happening.notice.type === 'signaling:change') {
      this.#setSignaling(happening.notice.state, happening.notice.reason)
    }
    if (this.lifecycle.stage.name !== 'joined') return
    if (happening.type === 'notice') {
      this.#notices?.handle(join, happening.notice, happening.peer)
      this.#watchForLoss(join)
    } else if (happening.type === 'message') {
      const { from, to, stream, kind, bytes } = happening.message
      if (stream !== MESSAGE_STREAM) return this.streams?.handleMessage(happening.message)
      this.#app.emit('message', { from, data: decodeMessage(kind, bytes), to })
    } else if (happening.type === 'linked') this.rooms.linked(happening)
    else this.streams?.handle(join, happening)
  }

  #begin(join: Join): void {
    this.#page.start()
    this.recognition.begin()
    this.lifecycle.move({ name: 'joining', join }, 'join')
    // A listener may have left the group again.
    if (this.join === join) join.begin()
  }

  #leave(join: Join, reason: string): Promise<void> {
    this.#stopWatchingForLoss()
    let begun: (closed: Promise<void>) => void = () => undefined
    const done = new Promise<void>((resolve) => {
      begun = resolve
    }).then(() => {
      this.#left(join, 'left')
    })
    // The state comes first: whoever is told of a send that failed finds the group leaving.
    this.lifecycle.move({ name: 'leaving', join, done }, reason)
    // Before what they wait for fails for want of a group: it is closed.
    this.rooms.handleLeft()
    begun(join.leave())
    return done
  }

  /** Without waiting: the engine has failed, or the page goes away. */
  #leaveNow(join: Join, reason: string): void {
    this.#stopWatchingForLoss()
    if (this.lifecycle.stage.name !== 'leaving') {
      this.lifecycle.move({ name: 'leaving', join, done: Promise.resolve() }, reason)
    }
    this.rooms.handleLeft()
    join.stop()
    this.#left(join, reason)
  }

  #left(join: Join, reason: string): void {
    if (this.join !== join) return
    this.snapshots.clear()
    this.streams?.handleLeft()
    this.rooms.handleLeft()
    this.#setSignaling('closed', reason)
    this.lifecycle.move({ name: 'left' }, reason)
    const next = this.#next
    this.#next = null
    if (next) this.#begin(next)
    else if (this.claim === null) this.#page.stop()
  }

  #watchForLoss(join: Join): void {
    const { autoRejoin, lingerMs } = this.settings
    if (autoRejoin) return
    if (this.#signalingState === 'open' || join.engine?.neighbors().length !== 0) {
      this.#stopWatchingForLoss()
      return
    }
    this.#cancelLost ??= this.#platform.setTimer(lingerMs, () => {
      this.#cancelLost = null
      void this.#leave(join, 'lost')
    })
  }

  #stopWatchingForLoss(): void {
    this.#cancelLost?.()
    this.#cancelLost = null
  }

  /**
   * A page that may come back is a member meanwhile, without any connection, since browsers keep none that has some.
   * Whether it does come back is not known now: the others wait for `lingerMs`.
   */
  #handlePageHide(mayComeBack: boolean): void {
    const { stage } = this.lifecycle
    if (stage.name === 'left') return
    if (stage.name === 'joined' && mayComeBack && this.settings.autoRejoin) {
      stage.join.push({ type: 'suspend' })
      return
    }
    const next = this.#next
    this.#next = null
    next?.stop()
    this.#leaveNow(stage.join, 'pagehide')
  }

  #setSignaling(next: SignalingState, reason: string): void {
    const previous = this.#signalingState
    if (previous === next) return
    this.#signalingState = next
    this.#app.emit('signaling:change', { previous, next, reason })
  }
}
