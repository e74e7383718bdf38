import type { MediaPort } from '../link/media.js'
import type { StreamHub } from '../mesh/streams.js'
import { DecodeError } from '../protocol/decode-error.js'
import { decodeMediaFrame, type MediaFrame } from '../protocol/media-frames.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { Attachments } from './attach.js'
import { Counterpart, type CounterpartDeps } from './counterpart.js'
import { QualityLoop } from './quality-loop.js'
import type { RemoteApp } from './remote-streams.js'
import { SpeakerWatch, type SpeakerChange } from './speaker-watch.js'
import type { MemberMedia } from './stats.js'

/** Must not throw. */
export interface MediaTrafficApp extends RemoteApp {
  readonly audioBlocked: () => void
  readonly hasSpeakerListener: () => boolean
  readonly speakerChanged: (change: SpeakerChange) => void
}

export interface MediaTrafficOptions extends Pick<CounterpartDeps, 'streams' | 'setTimer' | 'openLink'> {
  readonly hub: StreamHub
  readonly app: MediaTrafficApp
  readonly now: () => number
}

/** All that goes between members of their media, over all joins. Loaded once somebody has any. */
export class MediaTraffic {
  readonly #deps: CounterpartDeps
  readonly #members = new Map<string, Counterpart>()
  readonly #attachments: Attachments
  readonly #quality: QualityLoop
  readonly #speakers: SpeakerWatch

  constructor({ hub, now, ...options }: MediaTrafficOptions) {
    const { app, setTimer } = options
    const all = (): Counterpart[] => [...this.#members.values()]
    const tellWishes = (): void => {
      for (const member of all()) member.tellWishes()
    }
    this.#attachments = new Attachments({ wish: tellWishes, blocked: () => app.audioBlocked() }, { setTimer })
    this.#speakers = new SpeakerWatch({
      heard: () => all().flatMap(({ heard }) => heard ?? []),
      listens: () => app.hasSpeakerListener(),
      changed: (change) => app.speakerChanged(change),
      now,
      setTimer,
    })
    this.#quality = new QualityLoop({
      lines: () => all().flatMap(({ activeLines }) => activeLines),
      reviewed: () => this.#speakers.review(),
      now,
      setTimer,
    })
    this.#deps = {
      ...options,
      attachments: this.#attachments,
      changed: () => this.#quality.review(),
      own: hub.own(STREAM_KIND.MEDIA, STREAM_MODE.MESSAGES, 'media'),
      report: (error) => {
        hub.report(error)
      },
    }
  }

  handleMember(id: string, isHere: boolean): void {
    this.#of(id).handleHere(isHere)
    this.#forget(id)
  }

  linked(id: string, port: MediaPort): void {
    this.#of(id).linked(port)
  }

  handleMessage(from: string, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes)
    if (frame !== null) this.#members.get(from)?.handleFrame(frame)
  }

  /** As `Media` promises it. */
  async told(): Promise<void> {
    // What changes in one task is sent at once.
    await Promise.resolve()
    await Promise.all([...this.#members.values()].map((member) => member.update()))
  }

  get stats(): readonly MemberMedia[] {
    return [...this.#members.values()].flatMap(({ stats }) => stats ?? [])
  }

  /** See {@link Attachments.startAudio}. */
  startAudio(): Promise<void> {
    return this.#attachments.startAudio()
  }

  left(): void {
    for (const member of this.#members.values()) member.left()
    this.#members.clear()
    this.#attachments.close()
    this.#quality.stop()
    this.#speakers.stop()
  }

  #of(id: string): Counterpart {
    const known = this.#members.get(id) ?? new Counterpart(id, this.#deps)
    this.#members.set(id, known)
    for (const other of this.#members.keys()) if (other !== id) this.#forget(other)
    return known
  }

  #forget(id: string): void {
    if (this.#members.get(id)?.isGone === true) this.#members.delete(id)
  }
}

/** `null` for what is none: whoever sends that is not worth an event each time. */
const decodeFrame = (bytes: Uint8Array): MediaFrame | null => {
  try {
    return decodeMediaFrame(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
