import { WebGroup, type Channel, type FileOffer, type LeaveReason, type SendProgress, type Transfer } from 'skein'
import type { Dye } from '../shared/colors.js'
import { readPlace, type Place } from './cursor.js'
import { LinkReports, readLinks } from './link-reports.js'
import type { People, Person } from '../shared/people.js'
import { isTyping, OwnTyping } from './typing.js'

export interface SessionHandlers {
  /** Who is here, how each is reached, or the state of the group or of its server is not what it was. */
  onChange(): void
  /** The page was asleep, as behind another one in its history, and has the server again. */
  onBack(): void
  /** The group has ended by itself. Where that was while joining, the rejection says more. */
  onLost(): void
  onArrival(person: Person): void
  onDeparture(person: Person, reason: LeaveReason): void
  onText(from: Person, text: string): void
  /** Others have begun to type, or have stopped. */
  onTyping(): void
  /** The pointer of this member is somewhere else; with `null`, nowhere. */
  onCursor(person: Person, place: Place | null): void
  onOffer(from: Person, offer: FileOffer): void
}

/** Links come in bursts; one report speaks for all of a burst. */
const reportAfterMs = 150

/** Reasons of `state:change` with which a group ends as it was told to, or only for as long as the page sleeps. */
const endsOnPurpose = ['left', 'leave', 'pagehide']

/**
 * One stay in a group, under one name. Text travels as messages, so that any page or bot can read it; links and cursors on
 * channels, of which only the newest value counts, who is typing as presence, and files as transfers.
 */
export class Session {
  readonly group: WebGroup
  readonly reports = new LinkReports()
  readonly typing: OwnTyping
  readonly #name: string
  readonly #dye: Dye
  readonly #people: People
  readonly #handlers: SessionHandlers
  readonly #links: Channel
  readonly #cursors: Channel
  #reportTimer: ReturnType<typeof setTimeout> | undefined

  /** Throws `insecure-url` when the page names such a server. `people` outlives the session. */
  constructor(
    settings: { readonly signalingUrl: string; readonly name: string; readonly dye: Dye },
    people: People,
    handlers: SessionHandlers,
  ) {
    this.#name = settings.name
    this.#dye = settings.dye
    this.#people = people
    this.#handlers = handlers
    this.group = new WebGroup({
      signaling: settings.signalingUrl,
      profile: { name: settings.name, color: settings.dye },
    })
    this.#links = this.group.channel('links', { latest: true })
    // A place that is lost on the way is of no interest: the next one comes at once.
    this.#cursors = this.group.channel('cursor', { reliable: false, latest: true })
    this.typing = new OwnTyping(this.group.presence)
    this.#listen()
  }

  get me(): Person {
    return { id: this.group.myId, name: this.#name, dye: this.#dye, isBot: false }
  }

  /** Those who are typing at the moment, without me. */
  get typists(): readonly Person[] {
    return [...this.group.presence.all].flatMap(([id, state]) => (isTyping(state) ? [this.#people.get(id)] : []))
  }

  /** Says something to everyone, bots included. Resolves when it is on its way to all of them. */
  say(text: string): Promise<void> {
    this.typing.stop()
    return this.group.send(text)
  }

  /** Where my pointer is in the conversation; `null` when it is elsewhere. */
  point(place: Place | null): void {
    if (this.group.state === 'joined') void this.#cursors.send(place)
  }

  /**
   * Offers a file to the people who are here now: bots have no use for it, and those who come later do not get it. `null`
   * when nobody is here. Who had a part of it under the same `resumeId` gets the rest.
   */
  sendFile(
    file: File,
    resumeId: string | undefined,
    onProgress: (progress: SendProgress) => void,
  ): { readonly transfer: Transfer; readonly to: readonly string[] } | null {
    const to = this.group.peers.filter(({ bot }) => !bot).map(({ id }) => id)
    if (to.length === 0) return null
    // In an object: a transfer is a promise itself, and whoever awaits it waits for its end.
    const type = file.type.slice(0, 127)
    const known = resumeId === undefined ? {} : { resumeId }
    return { transfer: this.group.sendFile(file, { to, name: file.name, type, onProgress, ...known }), to }
  }

  async leave(): Promise<void> {
    clearTimeout(this.#reportTimer)
    this.typing.stop()
    await this.group.leave()
  }

  #listen(): void {
    const { group } = this
    const change = (): void => this.#handlers.onChange()
    let wasAsleep = false
    group.on('state:change', ({ next, reason }) => {
      if (next === 'left' && !endsOnPurpose.includes(reason)) this.#handlers.onLost()
      change()
    })
    group.on('signaling:change', ({ next, reason }) => {
      if (next === 'open' && wasAsleep) this.#handlers.onBack()
      if (next === 'open' || reason === 'suspended') wasAsleep = reason === 'suspended'
      change()
    })
    group.on('member:update', ({ peer }) => {
      this.#people.remember(peer)
      change()
    })
    group.on('link:change', () => {
      this.#reportSoon()
      change()
    })
    group.on('member:join', ({ peer }) => {
      this.#handlers.onArrival(this.#people.remember(peer))
      this.#reportSoon()
      change()
    })
    group.on('member:leave', ({ id, reason }) => {
      this.reports.forget(id)
      this.#handlers.onCursor(this.#people.get(id), null)
      this.#handlers.onDeparture(this.#people.get(id), reason)
      this.#reportSoon()
      change()
    })
    group.on('message', ({ from, data }) => {
      if (typeof data === 'string') this.#handlers.onText(this.#people.get(from), data)
    })
    this.#links.on('message', ({ from, data }) => {
      const ids = readLinks(data)
      if (ids === null) return
      this.reports.set(from, ids)
      change()
    })
    this.#cursors.on('message', ({ from, data }) => {
      this.#handlers.onCursor(this.#people.get(from), readPlace(data))
    })
    group.on('presence:change', () => this.#handlers.onTyping())
    group.on('file', (offer) => this.#handlers.onOffer(this.#people.get(offer.from), offer))
    group.on('error', ({ error }) => console.warn(error))
  }

  #reportSoon(): void {
    clearTimeout(this.#reportTimer)
    this.#reportTimer = setTimeout(() => {
      if (this.group.state === 'joined') void this.#links.send(this.group.neighbors)
    }, reportAfterMs)
  }
}
