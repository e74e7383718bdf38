import type { OutgoingFileOptions } from './outgoing-file.js'
import type { SendProgress, TransferReport, TransferSource } from './transfer.js'

/** A file that could not even be offered. */
export class UnsentFile implements TransferSource {
  readonly id: string
  readonly resumeId: string
  readonly report: Promise<TransferReport>
  readonly progress: SendProgress

  constructor({ offer, source }: OutgoingFileOptions, error: unknown) {
    const { id, resumeId, size } = offer
    this.id = id
    this.resumeId = resumeId
    this.progress = { bytes: 0, size, rate: 0, secondsLeft: size === 0 ? 0 : null, recipients: [] }
    this.report = Promise.reject(error)
    // Whoever waits for it is told; the group tells its `error` listeners.
    this.report.catch(() => undefined)
    source.cancel(error)
  }

  /** It is over already. */
  cancel(): void {}

  pause(): void {}
}
