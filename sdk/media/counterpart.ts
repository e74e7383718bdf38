import type { MediaLink, MediaLinkHandlers, MediaPort, TrackKind } from '../link/media.js'
import type { OwnStream } from '../mesh/streams.js'
import { encodeMediaFrame, type MediaFrame, type MediaStreamState } from '../protocol/media-frames.js'
import { Line, type Outgoing } from './line.js'
import type { OutgoingStream } from './outgoing-stream.js'
import { RemoteStreams, type RemoteApp } from './remote-streams.js'
import { Teller } from './teller.js'

export interface CounterpartDeps {
  /** What I send to whom. */
  readonly streams: ReadonlySet<OutgoingStream>
  readonly own: OwnStream
  readonly app: RemoteApp
  readonly setTimer: (delayMs: number, run: () => void) => () => void
  readonly openLink: (port: MediaPort, handlers: MediaLinkHandlers) => MediaLink
  /** Of what nobody waits for. */
  readonly report: (error: unknown) => void
}

const noStreams = encodeMediaFrame({ type: 'state', streams: [] })

/** One other member, as media go: what I send it over which link, and what it sends me. */
export class Counterpart {
  readonly #id: string
  readonly #deps: CounterpartDeps
  readonly #remote: RemoteStreams
  readonly #states: Teller
  #isHere = false
  /**
   * Over each link that is open, the one that was bound last at the end. One that is replaced goes on until it closes, since
   * the other side may not use the new one yet, or may decide against it.
   */
  #lines: readonly Line[] = []
  /** Labels of mine that the other does not show. */
  #hidden: ReadonlySet<number> = new Set()

  constructor(id: string, deps: CounterpartDeps) {
    this.#id = id
    this.#deps = deps
    this.#remote = new RemoteStreams(id, deps.app, deps.setTimer)
    this.#states = new Teller(noStreams, async (bytes) => {
      const report = await deps.own.send(id, bytes, { confirm: true })
      return report?.failed.some(({ code }) => code === 'member-stalled') !== true
    })
  }

  /** Neither here nor linked: nothing is known of it. */
  get isGone(): boolean {
    return !this.#isHere && this.#lines.length === 0
  }

  handleHere(isHere: boolean): void {
    this.#isHere = isHere
    if (!isHere) {
      this.#remote.end(true)
      this.#states.reset()
      this.#hidden = new Set()
    }
    this.#update()
  }

  handleFrame(frame: MediaFrame): void {
    if (!this.#isHere) return
    if (frame.type === 'state') return this.#remote.handleStates(frame.streams)
    this.#hidden = new Set(frame.wishes.filter(({ shown }) => !shown).map(({ label }) => label))
    this.#update()
  }

  linked(port: MediaPort): void {
    const link = this.#deps.openLink(port, {
      onTracks: () => {
        if (this.#lines.at(-1) === line) this.#remote.update()
      },
      onClose: () => {
        this.#closed(line)
      },
    })
    const line = new Line(link)
    this.#lines = [...this.#lines, line]
    this.#update()
    this.#remote.handleLink(link)
  }

  /** Brings what it is sent up to date. Resolves when that is so; rejects with what the engine says of a track. */
  async update(): Promise<void> {
    const outgoing = this.#outgoing()
    await Promise.all([this.#tell(), ...this.#lines.map((line) => line.carry(outgoing))])
  }

  /** The join is over. Its links are being closed. */
  left(): void {
    this.#isHere = false
    this.#remote.end(false)
    this.#states.reset()
    for (const { link } of this.#lines) link.release()
    this.#lines = []
  }

  #update(): void {
    this.update().catch(this.#deps.report)
  }

  #closed(line: Line): void {
    const before = this.#lines.at(-1)
    this.#lines = this.#lines.filter((other) => other !== line)
    const last = this.#lines.at(-1)
    if (last !== before) this.#remote.handleLink(last?.link ?? null)
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
        const isIdle = stream.isSilent(own) || (kind === 'video' && this.#hidden.has(own.label))
        outgoing.set(own.label, { kind, track: isIdle ? null : own.track })
      }
    }
    return outgoing
  }
}
