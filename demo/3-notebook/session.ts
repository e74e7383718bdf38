import { WebGroup, type LeaveReason } from 'skein'
import type { Dye } from '../shared/colors.js'
import type { People, Person } from '../shared/people.js'
import { Notebook } from './notebook.js'

export interface SessionHandlers {
  /** A note has come, who has what, who is here, or the state of the connection is not what it was. */
  onChange(): void
  /** Something of the notebook cannot be read or kept. */
  onFailure(error: unknown): void
  /** The group has ended by itself. */
  onLost(): void
  onArrival(person: Person): void
  onDeparture(person: Person, reason: LeaveReason): void
}

/** Reasons of `state:change` with which a group ends as it was told to, or only for as long as the page sleeps. */
const endsOnPurpose = ['left', 'leave', 'pagehide']

/** One stay with a notebook, under one name. The notebook is open as soon as its group is known, found or not. */
export class Session {
  readonly group: WebGroup
  readonly notebook: Notebook
  readonly name: string
  readonly dye: Dye
  readonly #people: People
  readonly #handlers: SessionHandlers

  /** Throws `insecure-url` when the page names such a server. `people` outlives the session. */
  constructor(
    settings: { readonly signalingUrl: string; readonly name: string; readonly dye: Dye },
    people: People,
    handlers: SessionHandlers,
  ) {
    this.name = settings.name
    this.dye = settings.dye
    this.#people = people
    this.#handlers = handlers
    this.group = new WebGroup({
      signaling: settings.signalingUrl,
      profile: { name: settings.name, color: settings.dye },
    })
    this.notebook = new Notebook(this.group, handlers)
    this.#listen()
  }

  get me(): Person {
    return { id: this.group.myId, name: this.name, dye: this.dye, isBot: false }
  }

  /** Resolves when it is on this device for good. The others get it when they are here. */
  async write(text: string): Promise<void> {
    await this.notebook.write({ text, name: this.name, dye: this.dye, atMs: Date.now() })
  }

  async leave(): Promise<void> {
    this.notebook.close()
    await this.group.leave()
  }

  #listen(): void {
    const { group } = this
    const change = (): void => this.#handlers.onChange()
    let isOpened = false
    group.onMyId = () => {
      // In each join; the notebook stays open in between.
      if (isOpened) return
      isOpened = true
      this.notebook.open(group.id).catch((error: unknown) => this.#handlers.onFailure(error))
    }
    group.on('state:change', ({ next, reason }) => {
      if (next === 'left' && !endsOnPurpose.includes(reason)) this.#handlers.onLost()
      change()
    })
    group.on('signaling:change', change)
    group.on('link:change', change)
    group.on('member:update', ({ peer }) => {
      this.#people.remember(peer)
      change()
    })
    group.on('member:join', ({ peer }) => {
      this.#handlers.onArrival(this.#people.remember(peer))
      change()
    })
    group.on('member:leave', ({ id, reason }) => {
      this.#handlers.onDeparture(this.#people.get(id), reason)
      change()
    })
    group.on('error', ({ error }) => console.warn(error))
  }
}
