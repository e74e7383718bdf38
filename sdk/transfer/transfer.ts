import type { SkeinErrorCode } from '../errors.js'
import type { TransferProgress } from './progress.js'

/** A recipient that did not get the file. */
export interface RecipientFailure {
  readonly id: string
  readonly code: SkeinErrorCode
  /** Its own words, where it declined or cancelled with some. */
  readonly reason?: string
}

/** What became of a file, recipient by recipient. */
export interface TransferReport {
  /** Ids of those who have it all, with the right hash. */
  readonly delivered: readonly string[]
  readonly failed: readonly RecipientFailure[]
}

/** How far a file has come that I send. */
export interface SendProgress extends TransferProgress {
  /** Those who have accepted and not failed; `bytes` above is the least of theirs. */
  readonly recipients: readonly { readonly id: string; readonly bytes: number }[]
}

/** What a {@link Transfer} shows of what sends it. */
export interface TransferSource {
  readonly id: string
  readonly resumeId: string
  readonly report: Promise<TransferReport>
  readonly progress: SendProgress
  cancel(reason: string): void
  pause(isPaused: boolean): void
}

/**
 * A file that I send. It is a promise of the report: resolves once every recipient has it all, with the right hash, or has
 * failed. Rejects for the one recipient of a file that is for one (`file-declined`, `file-corrupt`, `transfer-cancelled`,
 * `member-left`, `member-unknown`, `stream-refused`), and in any case with `not-joined`, `closed` when the group is left,
 * `transfer-cancelled` after `cancel`, the reason of its signal, or the error of its source.
 */
export class Transfer implements Promise<TransferReport> {
  readonly [Symbol.toStringTag] = 'Transfer'
  readonly #source: TransferSource

  constructor(source: TransferSource) {
    this.#source = source
  }

  /** As the recipients' offers have it. */
  get id(): string {
    return this.#source.id
  }

  /** What the file is known by when it is sent again after a reload; as recipients' offers have it. 22 characters. */
  get resumeId(): string {
    return this.#source.resumeId
  }

  /** Counts what recipients say has arrived, which they do ten times a second at most. */
  get progress(): SendProgress {
    return this.#source.progress
  }

  /** Ends it for all who have not got it yet, telling them `reason` (cut to 512 bytes). Without effect once it is over. */
  cancel(reason = ''): void {
    if (typeof reason !== 'string') throw new TypeError('file could not be cancelled: reason must be a string')
    this.#source.cancel(reason)
  }

  /** Reads no more until `resume`; what was read goes on its way. */
  pause(): void {
    this.#source.pause(true)
  }

  resume(): void {
    this.#source.pause(false)
  }

  then<Fulfilled = TransferReport, Rejected = never>(
    onFulfilled?: ((report: TransferReport) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#source.report.then(onFulfilled, onRejected)
  }

  catch<Rejected = never>(
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<TransferReport | Rejected> {
    return this.#source.report.catch(onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<TransferReport> {
    return this.#source.report.finally(onFinally)
  }
}
