import type { MediaLink } from '../link/media.js'
import { decodeValue } from '../protocol/any-value.js'
import type { MediaStreamState, MediaTrack, MediaWish } from '../protocol/media-frames.js'
import { equalBytes } from '../util/bytes.js'
import type { Attachments } from './attach.js'
import type { CounterpartDeps } from './counterpart.js'
import type { Muted } from './outgoing-stream.js'
import type { RemoteStream, StreamRemoved, StreamUnavailable } from './remote-stream.js'
import { isSameWish, showsAll } from './wish.js'

/** How long a link may be on its way, or on its way back, before its streams count as out of reach. */
const PATIENCE_MS = 3_000

/** Who is told of what members send. Must not throw. */
export interface RemoteApp {
  readonly added: (stream: RemoteStream) => void
  readonly updated: (stream: RemoteStream) => void
  readonly removed: (event: StreamRemoved) => void
  readonly unavailable: (event: StreamUnavailable) => void
}

/** A track that was handed out, and what it is a clone of. */
interface Copy {
  readonly original: MediaStreamTrack
  readonly track: MediaStreamTrack
}

/** A stream that the application has been told of. */
class Shown implements RemoteStream {
  readonly from: string
  readonly stream: MediaStream
  muted: Muted = { audio: false, video: false }
  metadata: unknown
  metadataBytes: Uint8Array
  readonly copies = new Map<number, Copy>()
  readonly attach: RemoteStream['attach']
  readonly detach: RemoteStream['detach']
  readonly #attachments: Attachments
  #isOver = false

  constructor(from: string, stream: MediaStream, { metadata }: MediaStreamState, attachments: Attachments) {
    this.from = from
    this.stream = stream
    this.#attachments = attachments
    this.attach = (element) => {
      if (!this.#isOver) attachments.attach(stream, element)
    }
    this.detach = (element) => {
      attachments.detach(stream, element)
    }
    this.metadataBytes = metadata
    this.metadata = readMetadata(metadata)
  }

  /** Has the tracks of this state, as far as they arrive. Whether anything is another. */
  show({ tracks, metadata }: MediaStreamState, link: MediaLink | null): boolean {
    let isNews = false
    for (const [label, copy] of this.copies) {
      if (!tracks.some((track) => track.label === label)) isNews = this.#drop(label, copy)
    }
    for (const track of tracks) {
      const original = arriving(link, track)
      const copy = this.copies.get(track.label)
      // While another link is being made, the last picture of the one before stays.
      if (original === null || original === copy?.original) continue
      if (copy !== undefined) this.#drop(track.label, copy)
      const clone = original.clone()
      this.copies.set(track.label, { original, track: clone })
      this.stream.addTrack(clone)
      isNews = true
    }
    if (isNews) this.#attachments.handleTracks(this.stream)
    const muted = { audio: isMuted(tracks, 'audio'), video: isMuted(tracks, 'video') }
    if (muted.audio !== this.muted.audio || muted.video !== this.muted.video) {
      this.muted = muted
      isNews = true
    }
    if (equalBytes(metadata, this.metadataBytes)) return isNews
    this.metadataBytes = metadata
    this.metadata = readMetadata(metadata)
    return true
  }

  end(): void {
    this.#isOver = true
    this.#attachments.forget(this.stream)
    for (const { track } of this.copies.values()) track.stop()
  }

  #drop(label: number, { track }: Copy): true {
    this.copies.delete(label)
    this.stream.removeTrack(track)
    track.stop()
    return true
  }
}

/** The streams of one member, as it says and as the link with it brings. */
export class RemoteStreams {
  readonly #from: string
  readonly #app: RemoteApp
  readonly #attachments: Attachments
  readonly #setTimer: (delayMs: number, run: () => void) => () => void
  readonly #shown = new Map<number, Shown>()
  readonly #unavailable = new Set<number>()
  #states: readonly MediaStreamState[] = []
  #link: MediaLink | null = null
  #cancelTimer: (() => void) | null = null

  constructor(from: string, { app, attachments, setTimer }: Pick<CounterpartDeps, 'app' | 'attachments' | 'setTimer'>) {
    this.#from = from
    this.#app = app
    this.#attachments = attachments
    this.#setTimer = setTimer
  }

  /** The application has some. */
  get isAny(): boolean {
    return this.#shown.size > 0
  }

  /** What is done with the videos, where it is less than all. */
  get wishes(): readonly MediaWish[] {
    return this.#states.flatMap(({ id, tracks }) => {
      const shown = this.#shown.get(id)
      const wish = shown === undefined ? showsAll : this.#attachments.wishOf(shown.stream)
      if (isSameWish(wish, showsAll)) return []
      const videos = tracks.filter(({ kind }) => kind === 'video')
      return videos.map(({ label }) => ({ label, shown: wish.shown, maxHeight: wish.maxHeight ?? 0 }))
    })
  }

  /** Ids of the link's tracks of which sound comes. */
  get audioIds(): readonly string[] {
    return this.#states.flatMap(({ id, tracks }) => {
      const copies = this.#shown.get(id)?.copies
      return tracks.flatMap(({ label, kind, muted }) => {
        const copy = kind === 'audio' && !muted ? copies?.get(label) : undefined
        return copy === undefined ? [] : [copy.original.id]
      })
    })
  }

  handleStates(states: readonly MediaStreamState[]): void {
    this.#states = states
    for (const [id, shown] of this.#shown) {
      if (!states.some((state) => state.id === id)) this.#remove(id, shown, 'removed')
    }
    for (const id of this.#unavailable) if (!states.some((state) => state.id === id)) this.#unavailable.delete(id)
    this.update()
  }

  /** This is the link from now on; `null`: there is none. */
  handleLink(link: MediaLink | null): void {
    this.#link = link
    if (link !== null) this.#unavailable.clear()
    this.update()
  }

  /** Compares what there is with what has been told. */
  update(): void {
    const states = this.#states
    for (const state of states) {
      // A listener may have brought about the next.
      if (states !== this.#states) return
      this.#updateOne(state)
    }
    const isWaiting = this.#link === null && states.some(({ id }) => !this.#unavailable.has(id))
    if (!isWaiting) this.#stopTimer()
    else this.#cancelTimer ??= this.#setTimer(PATIENCE_MS, () => this.#giveUp())
  }

  /** Nothing of it is left. Of a member that has left others are told, and of a join that is over nobody. */
  end(isTold: boolean): void {
    this.#states = []
    this.#unavailable.clear()
    this.#stopTimer()
    for (const [id, shown] of this.#shown) {
      if (isTold) this.#remove(id, shown, 'left')
      else shown.end()
    }
    this.#shown.clear()
  }

  #updateOne(state: MediaStreamState): void {
    const link = this.#link
    const known = this.#shown.get(state.id)
    if (known !== undefined) {
      if (known.show(state, link)) this.#app.updated(known)
      return
    }
    if (link === null || state.tracks.length === 0) return
    if (!state.tracks.every((track) => arriving(link, track) !== null)) return
    const shown = new Shown(this.#from, link.createStream(), state, this.#attachments)
    shown.show(state, link)
    this.#shown.set(state.id, shown)
    this.#app.added(shown)
  }

  #giveUp(): void {
    this.#cancelTimer = null
    const states = this.#states
    for (const { id, metadata } of states) {
      const shown = this.#shown.get(id)
      if (shown !== undefined) this.#remove(id, shown, 'unreachable')
      // As above.
      if (states !== this.#states || this.#link !== null) return
      if (this.#unavailable.has(id)) continue
      this.#unavailable.add(id)
      this.#app.unavailable({ from: this.#from, metadata: readMetadata(metadata), reason: 'relayed', hint: 'turn' })
    }
  }

  #remove(id: number, shown: Shown, reason: StreamRemoved['reason']): void {
    this.#shown.delete(id)
    shown.end()
    const { from, stream, metadata } = shown
    this.#app.removed({ from, stream, metadata, reason })
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }
}

/** What comes under the label, if it is what its member calls it. */
const arriving = (link: MediaLink | null, { label, kind }: MediaTrack): MediaStreamTrack | null => {
  const track = link?.track(label) ?? null
  return track?.kind === kind ? track : null
}

const isMuted = (tracks: readonly MediaTrack[], kind: MediaTrack['kind']): boolean => {
  const same = tracks.filter((track) => track.kind === kind)
  return same.length > 0 && same.every(({ muted }) => muted)
}

const readMetadata = (bytes: Uint8Array): unknown => decodeValue(bytes)
