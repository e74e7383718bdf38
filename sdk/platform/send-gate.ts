import type { Platform } from './platform.js'

/** The clock counts whole milliseconds. */
const MIN_SAMPLE_MS = 1
/** A wait in which less than this part of the mark drained says nothing of the rate. */
const MIN_SAMPLE_PART = 1 / 4
/** The mark grows while what it lets in would drain within the first, and shrinks when it would take the second. */
const GROW_WITHIN_MS = 50
const SHRINK_BEYOND_MS = 200
/** How many times the mark must have been sent before it grows. */
const PROOF = 4
const MAX_LOW_BYTES = 256 * 1024

export interface SendGateOptions {
  /** What is buffered now: the `bufferedAmount` of a channel or a socket. */
  readonly buffered: () => number
  /** The mark to begin with, and the least. */
  readonly startBytes: number
  /** How far the mark may grow; the same as `startBytes` for one that stays. */
  readonly maxBytes: number
  /**
   * How far it may grow while the buffer is polled, since it must hold what drains between two polls.
   * @default `maxBytes`
   */
  readonly maxPolledBytes?: number
  /**
   * How far what can wait may fill it where the event below comes, which then comes at half of that: what is urgent finds little in front of
   * it, and what is not held back may be written in longer runs.
   * @default the mark
   */
  readonly bulkBytes?: number
  /** The largest single write. Room for it is always reported again, since some writes cannot be made smaller. */
  readonly largestBytes: number
  readonly pollMs: number
  readonly platform: Pick<Platform, 'now' | 'setTimer' | 'soon'>
  /** Where the event of the same name is told; asked before each wait. Without it, the buffer is polled only. */
  readonly setLowThreshold?: (bytes: number) => void
  /** `bytes` may be written now, `bulk` of what can wait. Never called from inside `wrote`. */
  readonly onRoom: (bytes: number, bulk: number) => void
}

/**
 * Turns the `bufferedAmount` of a channel or socket into reported room: the owner writes no more than it was told, and
 * hears again when the buffer has drained to its low mark. How much it may fill the buffer (the mark) starts small,
 * since a fresh connection that is given much stalls, and doubles as the connection proves that it drains it fast.
 *
 * Invariant: whatever has been written, the owner is told sooner or later that at least mark - low fits, and of bulk its own mark - low. It holds
 * because every write is followed by a check, and a check that finds the buffer above the low mark waits for both the
 * low event and a poll. Once the event has come, it is relied on and polling ends: some engines never fire it.
 */
export class SendGate {
  readonly #options: SendGateOptions
  #mark: number
  /** What the owner believes may be written. */
  #known: number
  #written = 0
  #writtenAtMark = 0
  #checking = false
  #waiting: { readonly sinceMs: number; readonly drained: number; cancelPoll: () => void } | null = null
  #eventWorks = false
  #stopped = false

  constructor(options: SendGateOptions) {
    this.#options = options
    this.#mark = options.startBytes
    this.#known = options.startBytes
  }

  /** What the owner may write by all that it has been told: at first the whole mark. */
  get room(): number {
    return Math.max(0, this.#known)
  }

  /** To be called after each write. */
  wrote(bytes: number): void {
    this.#written += bytes
    this.#known -= bytes
    if (this.#checking || this.#waiting !== null || this.#known >= this.#mark - this.#low) return
    this.#checking = true
    this.#options.platform.soon(() => {
      this.#checking = false
      this.#check()
    })
  }

  /** To be called on `bufferedamountlow`, or whenever the buffer may have drained. */
  drained(): void {
    this.#eventWorks = true
    if (this.#waiting !== null) this.#check()
  }

  /** Nothing is reported from here on. */
  stop(): void {
    this.#stopped = true
    this.#waiting?.cancelPoll()
    this.#waiting = null
  }

  get #bulkMark(): number {
    const { bulkBytes = Infinity } = this.#options
    return this.#eventWorks ? Math.min(this.#mark, bulkBytes) : this.#mark
  }

  get #low(): number {
    const mark = this.#bulkMark
    return Math.min(mark / 2, Math.max(0, mark - this.#options.largestBytes), MAX_LOW_BYTES)
  }

  #check(): void {
    if (this.#stopped) return
    const buffered = this.#options.buffered()
    if (buffered > this.#low) return this.#wait(buffered)
    this.#adapt(buffered)
    this.#known = this.#mark - buffered
    this.#options.onRoom(this.#known, this.#bulkMark - buffered)
  }

  #wait(buffered: number): void {
    const { platform, pollMs, setLowThreshold } = this.#options
    if (this.#waiting === null) {
      setLowThreshold?.(this.#low)
      this.#waiting = { sinceMs: platform.now(), drained: this.#written - buffered, cancelPoll: () => {} }
    }
    this.#waiting.cancelPoll()
    if (!this.#eventWorks) this.#waiting.cancelPoll = platform.setTimer(pollMs, () => this.#check())
  }

  /** Sets the mark by the rate at which the buffer drained during the wait that ends here. */
  #adapt(buffered: number): void {
    if (this.#waiting === null) return
    const { sinceMs, drained, cancelPoll } = this.#waiting
    cancelPoll()
    this.#waiting = null
    const { startBytes, maxBytes, maxPolledBytes = maxBytes, platform } = this.#options
    const sample = this.#written - buffered - drained
    if (sample < this.#mark * MIN_SAMPLE_PART) return
    const bytesPerMs = sample / Math.max(MIN_SAMPLE_MS, platform.now() - sinceMs)
    const wider = Math.min(this.#mark * 2, this.#eventWorks ? maxBytes : maxPolledBytes)
    const proven = this.#written - this.#writtenAtMark >= this.#mark * PROOF
    if (wider > this.#mark && proven && wider <= bytesPerMs * GROW_WITHIN_MS) {
      this.#setMark(wider)
    } else if (this.#mark > bytesPerMs * SHRINK_BEYOND_MS) {
      this.#setMark(Math.max(startBytes, this.#mark / 2))
    }
  }

  #setMark(bytes: number): void {
    this.#mark = bytes
    this.#writtenAtMark = this.#written
  }
}
