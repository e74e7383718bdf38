import type { MediaLink, MediaLinkHandlers, MediaPort, TrackKind } from '../link/media.js'
import type { OwnStream } from '../mesh/streams.js'
import { encodeMediaFrame, type MediaFrame, type MediaStreamState } from '../protocol/media-frames.js'
import type { Attachments } from './attach.js'
import { Line, type Outgoing } from './line.js'
import type { OutgoingStream } from './outgoing-stream.js'
import { RemoteStreams, type RemoteApp } from './remote-streams.js'
import type { Heard } from './speaker-watch.js'
import type { MemberMedia } from './stats.js'
import { Teller } from './teller.js'
import { showsAll, type Wish } from './wish.js'

export interface CounterpartDeps {
  /** What I send to whom. */
  readonly streams: ReadonlySet<OutgoingStream>
  readonly own: OwnStream
  readonly app: RemoteApp
  readonly attachments: Attachments
  readonly setTimer: (delayMs: number, run: () => void) => () => void
  readonly openLink: (port: MediaPort, handlers: MediaLinkHandlers) => MediaLink
  /** What goes over links, or how, may be another. */
  readonly changed: () => void
  /** Of what nobody waits for. */
  readonly report: (error: unknown) => void
}

const noStreams = encodeMediaFrame({ type: 'state', streams: [] })
const noWishes = encodeMediaFrame({ type: 'wishes', wishes: [] })

/** One other member, as media go: what I send it over which link, and what it sends me. */
export class Counterpart {
  readonly #id: string
  readonly #deps: CounterpartDeps
  readonly #remote: RemoteStreams
  readonly #states: Teller
  readonly #wishes: Teller
  #isHere = false
  /**
   * Over each link that is open, the one that was bound last at the end. One that is replaced goes on until it closes, since
   * the other side may not use the new one yet, or may decide against it.
   */
  #lines: readonly Line[] = []
  /** What the other does with videos of mine, by label. */
  #wished: ReadonlyMap<number, Wish> = new Map()

  constructor(id: string, deps: CounterpartDeps) {
    this.#id = id
    this.#deps = deps
    this.#remote = new RemoteStreams(id, deps)
    const send = async (bytes: Uint8Array): Promise<boolean> => {
      const report = await deps.own.send(id, bytes, { confirm: true })
      return report?.failed.some(({ code }) => code === 'member-stalled') !== true
    }
    this.#states = new Teller(noStreams, send)
    this.#wishes = new Teller(noWishes, send)
  }

  /** Neither here nor linked: nothing is known of it. */
  get isGone(): boolean {
    return !this.#isHere && this.#lines.length === 0
  }

  /** Those over which media go, either way. */
  get activeLines(): readonly Line[] {
    const newest = this.#newest
    return this.#lines.filter((line) => line.isSending || (line === newest && this.#remote.isAny))
  }

  /** `null` while no media go, and until they were measured. */
  get stats(): MemberMedia | null {
    const stats = this.activeLines.at(-1)?.stats ?? null
    return stats && { id: this.#id, ...stats }
  }

  /** `null`: nothing. */
  get heard(): Heard | null {
    const line = this.#newest
    const ids = this.#remote.audioIds
    if (line === undefined || ids.length === 0) return null
    const level = async (): Promise<number> => {
      const levels = await line.audioLevels()
      return Math.max(...ids.map((id) => levels.get(id) ?? 0))
    }
    return { id: this.#id, level }
  }

  handleHere(isHere: boolean): void {
    this.#isHere = isHere
    if (!isHere) {
      this.#remote.end(true)
      this.#forget()
    }
    this.#update()
  }

  handleFrame(frame: MediaFrame): void {
    if (!this.#isHere) return
    if (frame.type === 'state') {
      this.#remote.handleStates(frame.streams)
      return this.#reviewRemote()
    }
    this.#wished = new Map(
      frame.wishes.map(({ label, shown, maxHeight }) => [label, { shown, maxHeight: maxHeight || null }]),
    )
    this.#update()
  }

  /** Tells the other what is done with its videos. */
  tellWishes(): void {
    if (!this.#isHere) return
    const { wishes } = this.#remote
    this.#wishes.tell(encodeMediaFrame({ type: 'wishes', wishes })).catch(this.#deps.report)
  }

  linked(port: MediaPort): void {
    const link = this.#deps.openLink(port, {
      onTracks: () => {
        if (this.#newest === line) this.#remote.update()
        this.#reviewRemote()
      },
      onClose: () => {
        this.#closed(line)
      },
    })
    const line = new Line(link)
    this.#lines = [...this.#lines, line]
    this.#update()
    this.#remote.handleLink(link)
    this.#reviewRemote()
  }

  /** Brings what it is sent up to date. Resolves when that is so; rejects with what the engine says of a track. */
  async update(): Promise<void> {
    const outgoing = this.#outgoing()
    const done = [this.#tell(), ...this.#lines.map((line) => line.carry(outgoing))]
    this.#deps.changed()
    await Promise.all(done)
  }

  /** The join is over. Its links are being closed. */
  left(): void {
    this.#isHere = false
    this.#remote.end(false)
    this.#forget()
    for (const { link } of this.#lines) link.release()
    this.#lines = []
  }

  get #newest(): Line | undefined {
    return this.#lines.at(-1)
  }

  /** Whatever it knew of me, and I of it. */
  #forget(): void {
    this.#states.reset()
    this.#wishes.reset()
    this.#wished = new Map()
  }

  /** What comes from the other may be another. */
  #reviewRemote(): void {
    this.tellWishes()
    this.#deps.changed()
  }

  #update(): void {
    this.update().catch(this.#deps.report)
  }

  #closed(line: Line): void {
    const before = this.#newest
    this.#lines = this.#lines.filter((other) => other !== line)
    const last = this.#newest
    if (last !== before) this.#remote.handleLink(last?.link ?? null)
    this.#reviewRemote()
  }

  /** What it is to get now. */
  #streams(): OutgoingStream[] {
    if (!this.#isHere) return []
    return [...this.#deps.streams].filter(({ settings, source }) => {
      return source !== null && (settings.to?.includes(this.#id) ?? true)
    })
  }

  async #tell(): Promise<void> {
    if (!this.#isHere) return
    const streams = this.#streams().map((stream): MediaStreamState => ({
      id: stream.id,
      metadata: stream.settings.metadata,
      tracks: stream.tracks.map((own) => ({
        label: own.label,
        kind: own.track.kind as TrackKind,
        muted: stream.isSilent(own),
      })),
    }))
    await this.#states.tell(encodeMediaFrame({ type: 'state', streams }))
  }

  #outgoing(): ReadonlyMap<number, Outgoing> {
    const outgoing = new Map<number, Outgoing>()
    for (const stream of this.#streams()) {
      for (const own of stream.tracks) {
        const kind = own.track.kind as TrackKind
        const wish = (kind === 'video' && this.#wished.get(own.label)) || showsAll
        const isIdle = stream.isSilent(own) || !wish.shown
        outgoing.set(own.label, { kind, track: isIdle ? null : own.track, limits: stream.settings.quality, wish })
      }
    }
    return outgoing
  }
}
