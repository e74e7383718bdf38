import { SkeinError } from '../errors.js'
import { MAX_MEDIA_SLOTS, MAX_MEDIA_STREAMS, MAX_STREAM_TRACKS } from '../protocol/limits.js'
import type { MediaGate } from './gate.js'
import { watch } from '../util/watch.js'
import { action, readOptions, type AddStreamOptions } from './options.js'
import { OutgoingStream, type OwnTrack } from './outgoing-stream.js'
import type { StreamLost } from './remote-stream.js'

export interface MediaApp {
  /** Must not throw, nor the other. */
  readonly lost: (event: StreamLost) => void
  readonly report: (error: unknown) => void
}

const cannotSend = 'track cannot be sent:'

/** The streams of mine, joined or not. What carries them loads with the first of them. */
export class Media {
  readonly streams = new Set<OutgoingStream>()
  readonly #app: MediaApp
  #gate: MediaGate | null = null
  #nextId = 0
  #nextLabel = 0

  constructor(app: MediaApp) {
    this.#app = app
  }

  /** Once, before the group is joined for the first time. */
  start(gate: MediaGate): void {
    this.#gate = gate
    if (this.streams.size > 0) this.changed()
  }

  /** Throws a `TypeError` or `RangeError` for what cannot be added. */
  addStream(source: MediaStream | Promise<MediaStream>, options: AddStreamOptions = {}): OutgoingStream {
    const settings = readOptions(options)
    if (this.streams.size === MAX_MEDIA_STREAMS) throw new RangeError(`${action}: there are ${MAX_MEDIA_STREAMS}`)
    const { signal } = options
    return new OutgoingStream(this, this.#nextId++, settings, (outgoing) => {
      if (!isPromise(source)) this.#take(outgoing, source)
      this.streams.add(outgoing)
      const aborted = new Promise<never>((_, reject) => {
        const handleAbort = (): void => {
          outgoing.remove()
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', handleAbort)
        outgoing.release = () => signal?.removeEventListener('abort', handleAbort)
        if (signal?.aborted) handleAbort()
      })
      return watch(this.#app.report, signal, () => Promise.race([aborted, this.#begin(outgoing, source)]))
    })
  }

  async #begin(outgoing: OutgoingStream, source: MediaStream | Promise<MediaStream>): Promise<void> {
    try {
      const stream = await source
      if (!this.streams.has(outgoing)) throw new SkeinError('closed', `${action}: it was removed`)
      if (outgoing.source === null) this.#take(outgoing, stream)
      await this.told()
    } catch (error) {
      outgoing.remove()
      throw error
    }
  }

  #take(outgoing: OutgoingStream, stream: MediaStream): void {
    if (typeof (stream as Partial<MediaStream> | null)?.getTracks !== 'function') {
      throw new TypeError(`${action}: it must be a MediaStream`)
    }
    if ([...this.streams].some(({ source }) => source === stream))
      throw new RangeError(`${action}: it was added before`)
    const tracks = stream.getTracks()
    const live = tracks.filter(({ readyState }) => readyState === 'live')
    if (live.length === 0) throw new RangeError(`${action}: it has no tracks${tracks.length > 0 ? ' that go on' : ''}`)
    outgoing.source = stream
    try {
      for (const track of live) outgoing.take(track)
    } catch (error) {
      outgoing.remove()
      throw error
    }
  }

  /** Throws when this track cannot be one of the stream, in place of `old` or, with `null`, beside the others. */
  checkTrack(track: MediaStreamTrack, stream: OutgoingStream, old: OwnTrack | null | undefined): void {
    const { kind } = track
    if (kind !== 'audio' && kind !== 'video') throw new TypeError(`${cannotSend} it must be a MediaStreamTrack`)
    if (old?.track === track) return
    const isOther = old === undefined || (old !== null && old.track.kind !== kind)
    if (isOther || track.readyState !== 'live' || stream.tracks.some((own) => own.track === track)) {
      throw new RangeError(`${cannotSend} it has ended, is there already, or takes the place of none of its kind`)
    }
    if (old !== null) return
    const all = [...new Set(this.streams).add(stream)].flatMap(({ tracks }) => tracks)
    const same = all.filter((own) => own.track.kind === kind)
    if (stream.tracks.length === MAX_STREAM_TRACKS || same.length >= MAX_MEDIA_SLOTS) {
      throw new RangeError(
        `${cannotSend} there are ${MAX_STREAM_TRACKS} in the stream, or ${MAX_MEDIA_SLOTS} of its kind`,
      )
    }
  }

  /** A label that no track of mine goes by. */
  newLabel(): number {
    const used = new Set([...this.streams].flatMap(({ tracks }) => tracks.map(({ label }) => label)))
    do this.#nextLabel = (this.#nextLabel + 1) % 0x1_0000
    while (used.has(this.#nextLabel))
    return this.#nextLabel
  }

  /** What is sent to some may be another. */
  changed(): void {
    this.told().catch((error: unknown) => this.#app.report(error))
  }

  /** Resolves when all who are here are sent what they are to get now; rejects with what cannot be sent. */
  async told(): Promise<void> {
    await (await this.#gate?.load())?.told()
  }

  lost(stream: OutgoingStream, track: MediaStreamTrack): void {
    this.changed()
    this.#app.lost({ stream, track })
  }
}

const isPromise = (source: MediaStream | Promise<MediaStream>): source is Promise<MediaStream> =>
  typeof (source as Partial<Promise<MediaStream>> | null)?.then === 'function'
