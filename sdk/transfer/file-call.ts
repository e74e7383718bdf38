import { MAX_FILE_TYPE_BYTES, TRANSFER_ID_BYTES } from '../protocol/limits.js'
import { encodeBase64url } from '../util/base64url.js'
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
import type { OutgoingFileOptions } from './outgoing-file.js'
import { openSource, type FileSource } from './source.js'
import { capText } from './texts.js'
import type { SendProgress } from './transfer.js'

export const fileAction = 'file could not be sent'

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

/** What `sendFile` was called with. Takes a stream over. Throws a `TypeError` or `RangeError` for bad arguments. */
export const readFileCall = (
  source: FileSource,
  options: SendFileOptions,
  randomBytes: TransferDeps['randomBytes'],
): OutgoingFileOptions => {
  if (!isSource(source)) throw new TypeError(`${fileAction}: it must be a Blob, a Uint8Array or a ReadableStream`)
  checkOptions(fileAction, options, OPTIONS)
  const { to, onProgress, signal, metadata } = options
  const recipients = checkRecipients(fileAction, to)
  const name = safeFileName(checkText(fileAction, 'name', options.name ?? nameOf(source)))
  const mediaType = checkText(fileAction, 'type', options.type ?? (source instanceof Blob ? source.type : ''))
  const createId = (): string => encodeBase64url(randomBytes(TRANSFER_ID_BYTES))
  const resumeId = options.resumeId === undefined ? createId() : checkResumeId(fileAction, options.resumeId)
  checkMetadata(fileAction, metadata)
  checkCallback(fileAction, 'onProgress', onProgress)
  checkSignal(fileAction, signal)
  const size = sizeOf(source, options.size)
  if (capText(mediaType, MAX_FILE_TYPE_BYTES) !== mediaType) throw new RangeError(`${fileAction}: type is too long`)
  return {
    // Before the id, since it takes a stream away from whoever had it, and may find it taken.
    source: open(source),
    offer: { type: 'offer', id: createId(), name, size, mediaType, metadata, resumeId },
    to: recipients,
    isSingle: typeof to === 'string',
    onProgress,
    signal,
  }
}

const open = (source: FileSource): OutgoingFileOptions['source'] => {
  if (source instanceof ReadableStream && source.locked)
    throw new TypeError(`${fileAction}: its stream is read already`)
  return openSource(source)
}

const sizeOf = (source: FileSource, claimed: number | undefined): number | null => {
  const size = claimed === undefined ? null : checkBytes(fileAction, 'size', claimed)
  const actual = source instanceof Blob ? source.size : source instanceof Uint8Array ? source.length : size
  if (size !== null && size !== actual) {
    throw new RangeError(`${fileAction}: size is ${size}, but it has ${actual} bytes`)
  }
  return actual
}
