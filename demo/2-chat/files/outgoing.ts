import { SkeinError, type WebGroup } from 'skein'
import { encodeNote } from '../note.js'
import { sliceBytes } from './limits.js'

/** Who fails so gets no more: a file with a hole is none. */
const goneCodes: readonly string[] = ['member-left', 'member-unknown', 'member-stalled']

/** One file on its way to those who were here when it was chosen. */
export class OutgoingFile {
  readonly id = crypto.randomUUID()
  readonly file: File
  readonly #group: Pick<WebGroup, 'sendTo'>
  readonly #recipients: Set<string>
  readonly #cancelled = new AbortController()

  constructor(group: Pick<WebGroup, 'sendTo'>, file: File, recipients: readonly string[]) {
    this.#group = group
    this.file = file
    this.#recipients = new Set(recipients)
  }

  /** Those who have left, or want no more of it, are not among them any longer. */
  get recipients(): readonly string[] {
    return [...this.#recipients]
  }

  /**
   * Sends it, slice by slice. Each slice waits until every recipient has room for it, so a slow one sets the pace and a
   * file is never in memory whole. Rejects with what the file or the group rejects with, and with the reason of `cancel`.
   */
  async send(onProgress: (sentBytes: number) => void): Promise<void> {
    const { id, file } = this
    await this.#sendToAll(
      encodeNote({
        type: 'file',
        file: id,
        name: file.name.slice(0, 255),
        mime: file.type.slice(0, 127),
        size: file.size,
      }),
    )
    for (let offset = 0; offset < file.size && this.#recipients.size > 0; offset += sliceBytes) {
      const bytes = new Uint8Array(await file.slice(offset, offset + sliceBytes).arrayBuffer())
      await this.#sendToAll(encodeNote({ type: 'slice', file: id, offset, bytes }))
      onProgress(offset + bytes.length)
    }
  }

  get isCancelled(): boolean {
    return this.#cancelled.signal.aborted
  }

  /** Ends it, and tells the recipients to expect no more. */
  cancel(): void {
    if (this.#cancelled.signal.aborted) return
    this.#cancelled.abort()
    const stop = encodeNote({ type: 'stop', file: this.id })
    for (const recipient of this.#recipients) this.#group.sendTo(recipient, stop).catch(() => undefined)
  }

  /** This one gets no more of it. */
  drop(recipient: string): void {
    this.#recipients.delete(recipient)
  }

  async #sendToAll(data: Uint8Array): Promise<void> {
    const { signal } = this.#cancelled
    await Promise.all(
      [...this.#recipients].map(async (recipient) => {
        try {
          await this.#group.sendTo(recipient, data, { signal })
        } catch (error) {
          if (!(error instanceof SkeinError) || !goneCodes.includes(error.code)) throw error
          this.drop(recipient)
        }
      }),
    )
  }
}
