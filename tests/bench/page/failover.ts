/** One of three pages of which two lose their link, in `window.failover`: it sends, listens, or takes the link away. */
import { WebGroup, webRTC } from 'skein'
import { RtcRules } from '../../browser/page/rtc-rules.js'
import { Changes } from '../../support/changes.js'
import type { JoinOptions } from './member.js'

const EVERY_MS = 10

/** By which a page says how a link is to end: both ends hear of it, or it swallows what they write. */
export type Ending = 'closed' | 'silent'

export interface Tally {
  readonly lost: number
  readonly doubled: number
}

export class FailoverEnd {
  readonly #rules = new RtcRules()
  readonly #group: WebGroup
  readonly #changes = new Changes()
  readonly #got = new Set<number>()
  #doubled = 0
  readonly #arrivals: { readonly sentAtMs: number; readonly atMs: number }[] = []
  #timer: ReturnType<typeof setInterval> | undefined
  #number = 0

  constructor({ signaling }: JoinOptions) {
    this.#group = new WebGroup({ signaling, transports: [webRTC({ rtc: (id) => this.#rules.engine(id) })] })
    this.#group.on('message', ({ data }) => this.#receive(String(data)))
    this.#group.on('member:join', () => this.#tell())
    this.#group.on('link:change', () => this.#tell())
  }

  async join({ room }: JoinOptions): Promise<string> {
    await this.#group.join(room)
    return this.#group.myId
  }

  /** Directly, over a link that was not taken. */
  untilLinked(id: string): Promise<void> {
    return this.#until(
      () =>
        this.#group.neighbors.includes(id) &&
        this.#rules.channels.get(id)?.some(({ readyState }) => readyState === 'open') === true,
    )
  }

  /** One after the other, each with its number and its time. */
  talkTo(id: string): void {
    this.#timer = setInterval(() => {
      void this.#group.sendTo(id, `${this.#number++} ${Date.now()}`)
      this.#tell()
    }, EVERY_MS)
  }

  /** How many there were. */
  stopTalking(): number {
    clearInterval(this.#timer)
    return this.#number
  }

  /** At what time it was done. No other link is made before {@link allow}. */
  take(id: string, ending: Ending): number {
    this.#rules.refused.add(id)
    if (ending === 'closed') this.#rules.cut(id)
    else this.#rules.swallow(id)
    return Date.now()
  }

  /** What is left of the link goes, and there may be another. */
  allow(id: string): void {
    this.#rules.refused.delete(id)
    this.#rules.cut(id)
  }

  /** Waits for no backoff. */
  hurry(): void {
    dispatchEvent(new Event('online'))
  }

  /** Resolves with when the first message came that was sent after this. */
  async arrivalAfter(sentAtMs: number): Promise<number> {
    const find = () => this.#arrivals.find((arrival) => arrival.sentAtMs > sentAtMs)
    await this.#until(() => find() !== undefined)
    return find()?.atMs ?? NaN
  }

  /** Of so many, once the last of them has come. */
  async tally(sent: number): Promise<Tally> {
    await this.#until(() => this.#got.has(sent - 1))
    return { lost: sent - this.#got.size, doubled: this.#doubled }
  }

  #receive(text: string): void {
    const [number = NaN, sentAtMs = NaN] = text.split(' ').map(Number)
    if (this.#got.has(number)) this.#doubled += 1
    this.#got.add(number)
    this.#arrivals.push({ sentAtMs, atMs: Date.now() })
    this.#tell()
  }

  #tell(): void {
    this.#changes.tell()
  }

  #until(isSo: () => boolean): Promise<void> {
    return this.#changes.until(isSo)
  }
}

declare global {
  interface Window {
    failover: FailoverEnd
  }
}

/** Called once by the page. */
export const join = async (options: JoinOptions): Promise<string> => {
  window.failover = new FailoverEnd(options)
  return window.failover.join(options)
}
