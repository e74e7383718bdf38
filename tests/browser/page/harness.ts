/**
 * What the pages of the browser tests run: members of groups, with everything that their listeners were told written
 * down in order. The page has `skein` by an import map, as a page without a bundler would.
 */
import * as skein from 'skein'
import { RtcRules } from './rtc-rules.js'
import { createBytes, summarize } from './data.js'
import { keep, kept } from './keep.js'
import { createColour, Viewer } from './media.js'

export interface Recorded {
  readonly name: skein.GroupEventName
  readonly event: unknown
  readonly atMs: number
}

/** The options that can be handed into a page, and those of the harness. */
export interface MemberOptions {
  readonly signaling: string
  readonly profile?: skein.Profile
  /** The name of the identity to load. */
  readonly identity?: string
  /** What lets members in beside the key; `anonymous` when not given. */
  readonly auth?: { readonly secret: string } | { readonly allow: readonly string[] }
  readonly limits?: skein.GroupLimits
  readonly autoRejoin?: boolean
  /** Ids of the only members that WebRTC may connect; all when not given. */
  readonly only?: readonly string[]
  /** Dial members that can be dialled, too. */
  readonly dials?: boolean
  readonly allowInsecure?: boolean
}

const recorded = [
  'member:join',
  'member:leave',
  'member:update',
  'identity:change',
  'link:change',
  'message',
  'state:change',
  'signaling:change',
  'error',
] as const

export class Member {
  readonly rules: RtcRules
  readonly group: skein.WebGroup
  readonly events: Recorded[] = []
  /** Messages as `sender's id, audience, summary`; what they held is let go. */
  readonly messages: { readonly from: string; readonly to: 'all' | 'me'; readonly summary: string }[] = []
  readonly #watchers = new Set<() => void>()

  static async create({ identity, ...options }: MemberOptions): Promise<Member> {
    return new Member(options, identity === undefined ? undefined : await skein.Identity.load(identity))
  }

  constructor({ only, dials = false, auth, ...options }: Omit<MemberOptions, 'identity'>, identity?: skein.Identity) {
    this.rules = new RtcRules(only)
    const webRTC = skein.webRTC({ rtc: (id) => this.rules.engine(id) })
    this.group = new skein.WebGroup({
      ...options,
      identity,
      auth: auth && ('secret' in auth ? skein.sharedSecret(auth.secret) : skein.allowList(auth.allow)),
      transports: dials ? [webRTC, skein.webSocket()] : [webRTC],
    })
    for (const name of recorded) {
      this.group.on(name, (event) => {
        if (name === 'message') {
          const { from, to, data } = event as skein.GroupEvents['message']
          this.messages.push({ from, to, summary: summarize(data) })
        } else this.events.push({ name, event, atMs: Date.now() })
        for (const watcher of [...this.#watchers]) watcher()
      })
    }
  }

  /** Resolves when `isSo`, which is asked again after every event of the group; rejects after `ms`. */
  until(what: string, isSo: () => boolean, ms = 20_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(check)
        settle()
      }
      const check = (): void => {
        if (isSo()) end(resolve)
      }
      const timer = setTimeout(() => {
        const seen = JSON.stringify({ stats: this.group.stats(), events: this.events.slice(-20) })
        end(() => reject(new Error(`waited ${ms} ms for ${what}: ${seen}`)))
      }, ms)
      this.#watchers.add(check)
      check()
    })
  }

  untilMembers(count: number, ms?: number): Promise<void> {
    return this.until(`${count} members`, () => this.group.members.length === count, ms)
  }

  untilDirect(ids: readonly string[], ms?: number): Promise<void> {
    return this.until(`a link to each of ${ids.join()}`, () => ids.every((id) => this.path(id) === 'direct'), ms)
  }

  untilPath(id: string, path: string, ms?: number): Promise<void> {
    return this.until(`path ${path} to ${id}`, () => this.path(id) === path, ms)
  }

  /** A way through others to this member is known. No event tells of it, so it is looked for again and again. */
  async untilSpare(id: string, ms?: number): Promise<void> {
    const look = setInterval(() => {
      for (const watcher of [...this.#watchers]) watcher()
    }, 20)
    const isSo = (): boolean => this.group.stats().peers.some((peer) => peer.id === id && peer.spare !== null)
    await this.until(`a way through others to ${id}`, isSo, ms).finally(() => clearInterval(look))
  }

  untilMessage(summary: string, ms?: number): Promise<void> {
    const short = summary.slice(0, 60)
    return this.until(`message '${short}'`, () => this.messages.some((message) => message.summary === summary), ms)
  }

  /** The path as one word, with those that forward. */
  path(id: string): string {
    const peer = this.group.peers.find((candidate) => candidate.id === id)
    return peer === undefined ? 'absent' : [peer.path, ...peer.via].join(' ')
  }

  heardFrom(id: string): string[] {
    return this.messages.filter(({ from }) => from === id).map(({ summary }) => summary)
  }

  happened(name: skein.GroupEventName): unknown[] {
    return this.events.filter((entry) => entry.name === name).map(({ event }) => event)
  }
}

/** How this page was last shown, and when. */
interface Shown {
  readonly persisted: boolean
  /** Why the browser did not keep it, where that says so. */
  readonly notKept: unknown
  readonly visibility: DocumentVisibilityState
  readonly atMs: number
}

const harness = {
  skein,
  Member,
  createBytes,
  summarize,
  keep,
  kept,
  createColour,
  Viewer,
  me: null as Member | null,
  viewer: null as Viewer | null,
  shown: null as Shown | null,
  lifecycle: [] as string[],
}

for (const name of ['freeze', 'resume']) document.addEventListener(name, () => harness.lifecycle.push(name))

const whyNotKept = (): unknown => {
  const [navigation] = performance.getEntriesByType('navigation')
  return navigation !== undefined && 'notRestoredReasons' in navigation ? navigation.notRestoredReasons : null
}

addEventListener('pageshow', ({ persisted }) => {
  harness.shown = {
    persisted,
    notKept: persisted ? null : whyNotKept(),
    visibility: document.visibilityState,
    atMs: Date.now(),
  }
})

export type Harness = typeof harness

declare global {
  interface Window {
    harness: Harness
    /** Ends a count that a test has begun; how far it came. */
    stopCounting?: () => number
    /** Of a file that a test sends, as its receiver tells. */
    arrivedBytes?: number
  }
}

window.harness = harness
