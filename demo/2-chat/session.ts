import { WebGroup, type LeaveReason } from 'skein'
import type { Dye } from './colors.js'
import { IncomingFiles, type FileInfo, type IncomingHandlers } from './files/incoming.js'
import { OutgoingFile } from './files/outgoing.js'
import { LinkReports } from './link-reports.js'
import { decodeNote, encodeNote, type Note } from './note.js'
import type { People, Person } from './people.js'

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
  readonly files: Omit<IncomingHandlers, 'onRefuse'>
}

/** Links come in bursts; one report speaks for all of a burst. */
const reportAfterMs = 150

/** Reasons of `state:change` with which a group ends as it was told to, or only for as long as the page sleeps. */
const endsOnPurpose = ['left', 'leave', 'pagehide']

/** One stay in a group, under one name. */
export class Session {
  readonly group: WebGroup
  readonly reports = new LinkReports()
  readonly incoming: IncomingFiles
  readonly #name: string
  readonly #dye: Dye
  readonly #people: People
  readonly #handlers: SessionHandlers
  readonly #outgoing = new Map<string, OutgoingFile>()
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
    this.incoming = new IncomingFiles({ ...handlers.files, onRefuse: (info) => this.#refuse(info) })
    this.group = new WebGroup({
      signaling: settings.signalingUrl,
      profile: { name: settings.name, color: settings.dye },
    })
    this.#listen()
  }

  get me(): Person {
    return { id: this.group.myId, name: this.#name, dye: this.#dye, isBot: false }
  }

  /** Says something to everyone, bots included. Resolves when it is on its way to all of them. */
  say(text: string): Promise<void> {
    return this.group.send(text)
  }

  /** A file for the people who are here now: bots have no use for it, and those who come later do not get it. */
  createFile(file: File): OutgoingFile {
    const outgoing = new OutgoingFile(this.group, file, this.#humans())
    this.#outgoing.set(outgoing.id, outgoing)
    return outgoing
  }

  endFile(outgoing: OutgoingFile): void {
    this.#outgoing.delete(outgoing.id)
  }

  async leave(): Promise<void> {
    clearTimeout(this.#reportTimer)
    this.incoming.forgetAll()
    await this.group.leave()
  }

  #humans(): string[] {
    return this.group.peers.filter(({ bot }) => !bot).map(({ id }) => id)
  }

  #listen(): void {
    const { group } = this
    const change = (): void => this.#handlers.onChange()
    let wasAsleep = false
    group.on('state:change', ({ next, reason }) => {
      if (next === 'left') this.incoming.forgetAll()
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
      this.incoming.forget(id)
      this.#handlers.onDeparture(this.#people.get(id), reason)
      this.#reportSoon()
      change()
    })
    group.on('message', ({ from, data }) => {
      if (typeof data === 'string') this.#handlers.onText(this.#people.get(from), data)
      else this.#handleNote(from, data)
    })
    group.on('error', ({ error }) => console.warn(error))
  }

  #handleNote(from: string, data: Uint8Array): void {
    const person = this.#people.get(from)
    // A bot that echoes sends notes back that were mine.
    const note = person.isBot ? null : decodeNote(data)
    if (note === null) return
    if (note.type === 'links') {
      this.reports.set(from, note.to)
      this.#handlers.onChange()
    } else if (note.type === 'stop' && this.#outgoing.has(note.file)) {
      this.#outgoing.get(note.file)?.drop(from)
    } else {
      this.incoming.handle(from, note)
    }
  }

  #reportSoon(): void {
    clearTimeout(this.#reportTimer)
    this.#reportTimer = setTimeout(() => {
      this.#tell(this.#humans(), { type: 'links', to: this.group.neighbors })
    }, reportAfterMs)
  }

  #refuse({ from, file }: FileInfo): void {
    this.#tell([from], { type: 'stop', file })
  }

  /** Of no consequence when it does not arrive: then there is nobody left who would care. */
  #tell(ids: readonly string[], note: Note): void {
    const data = encodeNote(note)
    for (const id of ids) this.group.sendTo(id, data).catch(() => undefined)
  }
}
