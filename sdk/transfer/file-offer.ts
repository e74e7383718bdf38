import type { TransferProgress } from './progress.js'

export interface AcceptOptions {
  /**
   * From which byte on it is to be sent, in a transfer that resumes another; 0 without. What is before it must be handed
   * over in `have`.
   */
  readonly offset?: number
  /** The first `offset` bytes of the file, as they were kept: the hash at the end is over them too. */
  readonly have?: Blob | ReadableStream<Uint8Array>
  /** Called with how much has arrived, ten times a second at most, and at the end. */
  readonly onProgress?: (progress: TransferProgress) => unknown
  /** Cancels it, for the sender too. */
  readonly signal?: AbortSignal
}

/** A file that arrives. */
export interface IncomingFile {
  readonly id: string
  /** The member's id. */
  readonly from: string
  /** Safe to keep a file under; see {@link FileOffer}. */
  readonly name: string
  readonly type: string
  readonly size: number | null
  /** Of the first byte of `stream`. */
  readonly offset: number
  /**
   * Its bytes from `offset` on. As long as nobody reads them their sender waits, and at most about 2.4 MiB are held here.
   * They are checked when the last has come: the stream closes then, or errors with `file-corrupt`, so what was read before
   * is only certain once it has closed. Errors as `done` rejects. Cancelling it cancels the file.
   */
  readonly stream: ReadableStream<Uint8Array>
  /**
   * Resolves when all has arrived and the hash is right, though the last of it may still wait to be read; never, if nobody
   * reads. Rejects with `file-corrupt`, `transfer-cancelled`, `member-left`, `closed` or the reason of the signal. Need not
   * be handled: what fails otherwise than by my own doing raises `error` as well.
   */
  readonly done: Promise<void>
  readonly progress: TransferProgress
  /** Reads `stream` to its end, so that nobody else may, and gives what it brought, in `type`. Rejects as `done`. */
  blob(): Promise<Blob>
  /** Ends it, telling the sender `reason` (cut to 512 bytes). Without effect once it is over. */
  cancel(reason?: string): void
}

/** Another member would send me a file. Nothing of it is sent before it is accepted; an offer waits until it is withdrawn. */
export interface FileOffer {
  /** Of this transfer. */
  readonly id: string
  /** The member's id. */
  readonly from: string
  /**
   * Fit to keep a file under on any system: no path, nothing invisible, at most 255 bytes. What the file is, it does not
   * say: endings are for anyone to choose.
   */
  readonly name: string
  /** In bytes; `null` when the sender does not know. More or fewer than that end in `file-corrupt`. */
  readonly size: number | null
  /** The media type as the sender says, in lower case; empty when it says none. */
  readonly type: string
  /** Whatever the sender chose, at most 4 KiB of JSON; `undefined` when it chose nothing. */
  readonly metadata: unknown
  /** The same when the same file is offered again, if its sender says so: what was kept of it may be resumed. */
  readonly resumeId: string
  /** Aborts when the offer stands no more before it was answered: withdrawn, its sender or I have left. */
  readonly signal: AbortSignal
  /**
   * Asks for it. Resolves when the answer is on its way. Rejects with why the offer stands no more
   * (`transfer-cancelled`, `member-left`, `closed`) or the reason of `signal`, which declines it; with a `RangeError` for
   * an `offset` beyond its size or when `have` is not just as long, and with the error of `have`, after which it still
   * stands. Throws a `TypeError` when it was answered already.
   */
  accept(options?: AcceptOptions): Promise<IncomingFile>
  /** Declines it, telling the sender `reason` (cut to 512 bytes). Without effect once it was answered or stands no more. */
  reject(reason?: string): void
}
