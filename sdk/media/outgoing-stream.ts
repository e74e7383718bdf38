import { SkeinError } from '../errors.js'
import type { Media } from './media.js'
import type { StreamSettings } from './options.js'

/** Whether nothing is sent of the audio, and of the video, of a stream. */
export interface Muted {
  readonly audio: boolean
  readonly video: boolean
}

/** A track of mine, by the label that it goes by on links. */
export interface OwnTrack {
  readonly label: number
  readonly track: MediaStreamTrack
  /** Lets go of what waits for it to end. */
  readonly release: () => void
}

/**
 * A stream of mine that others get, from `addStream` to `remove`, over however many joins. Its tracks stay the
 * application's: they are neither stopped nor disabled, and what is added to the `MediaStream` itself later on is not
 * noticed. A track that ends by itself is told by `stream:lost` and sent no more; it stays until it is replaced or removed.
 */
export class OutgoingStream {
  /**
   * Resolves once the stream is there, if a promise of it was given, and those who are here and meant have been told.
   * Rejects with what that promise rejected with, with a `TypeError` or `RangeError` when it is none that could be added,
   * with `closed` when it was removed first, or with the reason of the signal: there is no such stream then. Nobody has to wait for it.
   */
  readonly ready: Promise<void>
  /** @internal */
  readonly id: number
  /** @internal */
  readonly settings: StreamSettings
  /** @internal */
  tracks: readonly OwnTrack[] = []
  /** @internal The stream that was added. */
  source: MediaStream | null = null
  /** @internal Lets go of what watches for the time to remove it. */
  release = (): void => {}
  readonly #media: Media
  #muted: Muted = { audio: false, video: false }

  /** @internal Made by `addStream`. */
  constructor(media: Media, id: number, settings: StreamSettings, ready: (stream: OutgoingStream) => Promise<void>) {
    this.#media = media
    this.id = id
    this.settings = settings
    this.ready = ready(this)
  }

  /** Of mine, as others are told. */
  get muted(): Muted {
    return this.#muted
  }

  /**
   * Sends one track in place of another of the same kind, without negotiation: others see the next one where they saw the
   * one before. Resolves when that is done towards all; rejects with what the engine says when it cannot send the track,
   * or `closed` after `remove()`. Throws a `TypeError` or `RangeError` for tracks that cannot be exchanged.
   */
  replaceTrack(old: MediaStreamTrack, next: MediaStreamTrack): Promise<void> {
    return this.#change('replaced', () => {
      const at = this.tracks.findIndex(({ track }) => track === old)
      this.#media.checkTrack(next, this, this.tracks[at])
      this.#set(this.tracks.map((own, index) => (index === at ? this.#own(own.label, next) : own)))
    })
  }

  /** Sends one more track. Settles and throws as `replaceTrack` does; also for more tracks than can be sent. */
  addTrack(track: MediaStreamTrack): Promise<void> {
    return this.#change('added', () => {
      this.take(track)
    })
  }

  /** Sends this track no more. Throws a `RangeError` for one that is not sent. */
  removeTrack(track: MediaStreamTrack): void {
    this.#media.checkTrack(
      track,
      this,
      this.tracks.find((own) => own.track === track),
    )
    this.#set(this.tracks.filter((own) => own.track !== track))
  }

  /** Sends nothing of this kind, which others are told. */
  mute(kind: 'audio' | 'video'): void {
    this.#setMuted(kind, true)
  }

  unmute(kind: 'audio' | 'video'): void {
    this.#setMuted(kind, false)
  }

  /** Others get it no more, and are told so. Idempotent. */
  remove(): void {
    this.release()
    const isNews = this.#media.streams.delete(this)
    this.#set([])
    if (isNews) this.#media.changed()
  }

  /** @internal Sends this one too. Throws as `addTrack` does. */
  take(track: MediaStreamTrack): void {
    this.#media.checkTrack(track, this, null)
    this.#set([...this.tracks, this.#own(this.#media.newLabel(), track)])
  }

  /** @internal Of what this carries, nothing is to be sent now. */
  isSilent({ track }: OwnTrack): boolean {
    return this.#muted[track.kind as keyof Muted] || track.readyState === 'ended'
  }

  #change(what: string, change: () => void): Promise<void> {
    if (!this.#media.streams.has(this)) {
      return Promise.reject(new SkeinError('closed', `track could not be ${what}: the stream was removed`))
    }
    change()
    const told = this.#media.told()
    told.catch(() => undefined)
    return told
  }

  #setMuted(kind: keyof Muted, value: boolean): void {
    if (!(kind in this.#muted)) throw new RangeError(`stream could not be muted: there is no kind "${kind}"`)
    this.#muted = { ...this.#muted, [kind]: value }
    this.#media.changed()
  }

  #own(label: number, track: MediaStreamTrack): OwnTrack {
    const handleEnded = (): void => this.#media.lost(this, track)
    track.addEventListener('ended', handleEnded)
    return { label, track, release: () => track.removeEventListener('ended', handleEnded) }
  }

  #set(tracks: readonly OwnTrack[]): void {
    for (const own of this.tracks) if (!tracks.includes(own)) own.release()
    this.tracks = tracks
    if (this.#media.streams.has(this)) this.#media.changed()
  }
}
