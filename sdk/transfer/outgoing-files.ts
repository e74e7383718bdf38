import type { StreamHub } from '../mesh/streams.js'
import { MAX_FILE_TYPE_BYTES, TRANSFER_ID_BYTES } from '../protocol/limits.js'
import type { TransferFrame } from '../protocol/transfer-frames.js'
import { encodeBase64url } from '../util/base64url.js'
import type { Control } from './control.js'
import type { TransferDeps } from './deps.js'
import { safeFileName } from './file-name.js'
import {
  checkBytes,
  checkCallback,
  checkMetadata,
  checkOptions,
  checkRecipients,
  checkResumeId,
  checkSignal,
  checkText,
} from './options.js'
import { OutgoingFile, type OutgoingFileHost } from './outgoing-file.js'
import { openSource, type FileSource } from './source.js'
import { capText } from './texts.js'
import { Transfer, type SendProgress } from './transfer.js'

const ACTION = 'file could not be sent'

export interface SendFileOptions {
  /** A member's id, or several: then each one's failure stands in the report and fails nothing else. */
  readonly to: string | readonly string[]
  /** Made safe as {@link FileOffer.name} is. By default that of a `File`, else `file`. */
  readonly name?: string
  /** The media type. By default that of a `Blob`, else empty. At most 255 bytes. */
  readonly type?: string
  /** In bytes, for a stream whose length is known; by default unknown. Of a Blob or bytes it must be right. */
  readonly size?: number
  /** Told to recipients with the offer: whatever JSON holds, up to 4 KiB of it. */
  readonly metadata?: unknown
  /** 16 bytes in base64url by which recipients know the file when it is sent again; random by default. */
  readonly resumeId?: string
  /** Called with what recipients say has arrived, ten times a second at most, and at the end. */
  readonly onProgress?: (progress: SendProgress) => unknown
  /** Cancels it. A reason that is a string is told to the recipients. */
  readonly signal?: AbortSignal
}

const OPTIONS = ['to', 'name', 'type', 'size', 'metadata', 'resumeId', 'onProgress', 'signal']

const isSource = (source: unknown): source is FileSource =>
  source instanceof Blob || source instanceof Uint8Array || source instanceof ReadableStream

const nameOf = (source: FileSource): string =>
  source instanceof Blob && 'name' in source && typeof source.name === 'string' ? source.name : ''

/** All files that I send. */
export class OutgoingFiles implements OutgoingFileHost {
  readonly hub: StreamHub
  readonly control: Control
  readonly deps: TransferDeps
  readonly #files = new Map<string, OutgoingFile>()

  constructor(hub: StreamHub, control: Control, deps: TransferDeps) {
    this.hub = hub
    this.control = control
    this.deps = deps
  }

  send(source: FileSource, options: SendFileOptions): Transfer {
    if (!isSource(source)) throw new TypeError(`${ACTION}: it must be a Blob, a Uint8Array or a ReadableStream`)
    checkOptions(ACTION, options, OPTIONS)
    const { to, onProgress, signal, metadata } = options
    const recipients = checkRecipients(ACTION, to)
    const name = safeFileName(checkText(ACTION, 'name', options.name ?? nameOf(source)))
    const type = checkText(ACTION, 'type', options.type ?? (source instanceof Blob ? source.type : ''))
    const resumeId = options.resumeId === undefined ? this.#randomId() : checkResumeId(ACTION, options.resumeId)
    checkMetadata(ACTION, metadata)
    checkCallback(ACTION, 'onProgress', onProgress)
    checkSignal(ACTION, signal)
    const size = this.#sizeOf(source, options.size)
    if (capText(type, MAX_FILE_TYPE_BYTES) !== type) throw new RangeError(`${ACTION}: type is too long`)
    // Last, since it takes a stream away from whoever had it.
    const opened = this.#open(source)
    const id = this.#randomId()
    const file = new OutgoingFile(this, {
      offer: { type: 'offer', id, name, size, mediaType: type, metadata, resumeId },
      source: opened,
      to: recipients,
      isSingle: typeof to === 'string',
      onProgress,
      signal,
    })
    this.#files.set(id, file)
    file.start()
    return new Transfer(file)
  }

  #open(source: FileSource): ReturnType<typeof openSource> {
    if (source instanceof ReadableStream && source.locked) throw new TypeError(`${ACTION}: its stream is read already`)
    return openSource(source)
  }

  #sizeOf(source: FileSource, claimed: number | undefined): number | null {
    const size = claimed === undefined ? null : checkBytes(ACTION, 'size', claimed)
    const actual = source instanceof Blob ? source.size : source instanceof Uint8Array ? source.length : size
    if (size !== null && size !== actual) throw new RangeError(`${ACTION}: size is ${size}, but it has ${actual} bytes`)
    return actual
  }

  #randomId(): string {
    return encodeBase64url(this.deps.randomBytes(TRANSFER_ID_BYTES))
  }

  over(file: OutgoingFile): void {
    this.#files.delete(file.id)
  }

  /** What a recipient says of a file; of one that is not known, or is over, nothing is of interest. */
  handle(from: string, frame: TransferFrame & { type: 'accept' | 'reject' | 'progress' | 'done' | 'fail' }): void {
    const file = this.#files.get(frame.id)
    if (file === undefined) return
    switch (frame.type) {
      case 'accept':
        return file.accepted(from, frame.offset)
      case 'reject':
        return file.rejected(from, frame.cause, frame.reason)
      case 'progress':
        return file.progressed(from, frame.bytes)
      case 'done':
        return file.done(from)
      case 'fail':
        return file.failed(from, frame.cause, frame.reason)
    }
  }

  memberLeft(id: string): void {
    for (const file of [...this.#files.values()]) file.memberLeft(id)
  }

  groupLeft(): void {
    for (const file of [...this.#files.values()]) file.groupLeft()
  }
}
