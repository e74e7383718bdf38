import type { MediaPort } from '../link/media.js'
import type { StreamHub } from '../mesh/streams.js'
import { DecodeError } from '../protocol/decode-error.js'
import { decodeMediaFrame, type MediaFrame } from '../protocol/media-frames.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { Counterpart, type CounterpartDeps } from './counterpart.js'

export interface MediaTrafficOptions extends Omit<CounterpartDeps, 'own' | 'report'> {
  readonly hub: StreamHub
}

/** All that goes between members of their media, over all joins. Loaded once somebody has any. */
export class MediaTraffic {
  readonly #deps: CounterpartDeps
  readonly #members = new Map<string, Counterpart>()

  constructor({ hub, ...options }: MediaTrafficOptions) {
    this.#deps = {
      ...options,
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

  left(): void {
    for (const member of this.#members.values()) member.left()
    this.#members.clear()
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
