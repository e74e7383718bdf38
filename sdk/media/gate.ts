import type { MediaPort } from '../link/media.js'
import type { StreamHub } from '../mesh/streams.js'
import { STREAM_KIND } from '../protocol/streams.js'
import type { MemberMedia } from './stats.js'
import type { MediaTraffic } from './traffic.js'

/**
 * Stands before what carries media until somebody has any, me or another member, and that is loaded: keeps what comes
 * meanwhile, which is little: the ways to members, and of each what it said last, which says all that it has. What else members write answers
 * what I have, and I have nothing before it is loaded.
 */
export class MediaGate {
  readonly #hub: StreamHub
  readonly #create: () => Promise<MediaTraffic>
  readonly #isWanted: () => boolean
  readonly #ports = new Map<string, MediaPort>()
  readonly #newest = new Map<string, Uint8Array>()
  #traffic: MediaTraffic | null = null
  #loading: Promise<MediaTraffic> | null = null

  /**
   * `create` rejects when what it takes cannot be loaded; it may be called again then. `isWanted`: somebody here waits for
   * streams of others, so that it is better loaded before there are any.
   */
  constructor(hub: StreamHub, create: () => Promise<MediaTraffic>, isWanted: () => boolean) {
    this.#hub = hub
    this.#create = create
    this.#isWanted = isWanted
    hub.read(STREAM_KIND.MEDIA, ({ from }) => ({
      message: ({ bytes }) => {
        this.#handleMessage(from, bytes)
      },
      // Gone is who has left, which the hub says.
      lost: () => undefined,
    }))
    hub.onMember(({ id, isHere }) => {
      if (!isHere) this.#newest.delete(id)
      this.#traffic?.handleMember(id, isHere)
    })
  }

  load(): Promise<MediaTraffic> {
    this.#loading ??= this.#create().then(
      (traffic) => this.#open(traffic),
      (error: unknown) => {
        this.#loading = null
        throw error
      },
    )
    return this.#loading
  }

  /** A link with this member carries media: from now on this one, and not the one before. */
  linked(id: string, port: MediaPort): void {
    if (this.#traffic !== null) return this.#traffic.linked(id, port)
    for (const [known, { isClosed }] of this.#ports) if (isClosed) this.#ports.delete(known)
    this.#ports.set(id, port)
    if (this.#isWanted()) this.#loadSoon()
  }

  get stats(): readonly MemberMedia[] {
    return this.#traffic?.stats ?? []
  }

  /** At once, as what only a click allows is; before anything was played nothing was refused. */
  startAudio(): Promise<void> {
    return this.#traffic?.startAudio() ?? Promise.resolve()
  }

  /** The join is over: nobody is here, and nobody is told so. */
  left(): void {
    this.#ports.clear()
    this.#newest.clear()
    this.#traffic?.left()
  }

  #open(traffic: MediaTraffic): MediaTraffic {
    this.#traffic = traffic
    const { members, myId } = this.#hub
    for (const id of members) if (id !== myId) traffic.handleMember(id, true)
    for (const [id, port] of this.#ports) traffic.linked(id, port)
    for (const [id, bytes] of this.#newest) traffic.handleMessage(id, bytes)
    this.#ports.clear()
    this.#newest.clear()
    return traffic
  }

  #handleMessage(from: string, bytes: Uint8Array): void {
    if (this.#traffic !== null) return this.#traffic.handleMessage(from, bytes)
    this.#newest.set(from, bytes)
    this.#loadSoon()
  }

  #loadSoon(): void {
    this.load().catch((error: unknown) => this.#hub.report(error))
  }
}
