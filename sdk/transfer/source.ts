import { MAX_CHUNK_BYTES } from '../protocol/limits.js'
import { concatBytes } from '../util/bytes.js'

export type FileSource = Blob | Uint8Array | ReadableStream<Uint8Array>

/** Where the bytes of a file come from. */
export interface Source {
  /** `null` when only its end will tell. */
  readonly size: number | null
  /** Whether `read` can be called again. */
  readonly isRepeatable: boolean
  /** The bytes from the beginning, in pieces of at most 64,512 that belong to whoever takes them. */
  read(): AsyncGenerator<Uint8Array, void>
  /** Nobody reads any more; ends a read that waits for more. */
  cancel(reason: unknown): void
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MAX_CHUNK_BYTES) yield bytes.subarray(at, at + MAX_CHUNK_BYTES)
}

const nothing = (): void => undefined

const blobSource = (blob: Blob): Source => ({
  size: blob.size,
  isRepeatable: true,
  cancel: nothing,
  read: () => readWhole(blob.stream().getReader()),
})

/** In pieces that are whole but for the last, wherever the chunks of the stream end. Leaving off cancels it. */
async function* readWhole(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let rest: Uint8Array = new Uint8Array()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { value } = next
      const head = rest.length === 0 ? 0 : Math.min(MAX_CHUNK_BYTES - rest.length, value.length)
      rest = concatBytes(rest, value.subarray(0, head))
      if (rest.length < MAX_CHUNK_BYTES && head === value.length) continue
      if (rest.length > 0) yield rest
      const end = value.length - ((value.length - head) % MAX_CHUNK_BYTES)
      yield* cut(value.subarray(head, end))
      rest = value.slice(end)
    }
    if (rest.length > 0) yield rest
  } finally {
    reader.cancel().catch(nothing)
  }
}

const bytesSource = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  isRepeatable: true,
  cancel: nothing,
  // Copied piece by piece: what was sent is kept until it has arrived, and the caller's bytes may change meanwhile.
  // eslint-disable-next-line @typescript-eslint/require-await -- Others have to wait.
  async *read() {
    for (const piece of cut(bytes)) yield piece.slice()
  },
})

/** The bytes of a stream, in pieces. Leaving off cancels it. Throws a `TypeError` for what is no bytes. */
export async function* readStream(reader: ReadableStreamDefaultReader<unknown>): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    if (!(value instanceof Uint8Array)) throw new TypeError(`stream must bring Uint8Arrays, not ${typeof value}`)
    yield* cut(value)
  }
}

const streamSource = (stream: ReadableStream<Uint8Array>): Source => {
  // Taken now: from here on nobody else reads it.
  const reader = stream.getReader()
  return {
    size: null,
    isRepeatable: false,
    read: () => readStream(reader),
    cancel: (reason) => {
      // What its own end of the stream thinks of that is no concern of the transfer.
      reader.cancel(reason).catch(nothing)
    },
  }
}

/** Throws a `TypeError` for what is none, and for a stream that is being read already. */
export const openSource = (source: FileSource): Source => {
  if (source instanceof Uint8Array) return bytesSource(source)
  if (source instanceof Blob) return blobSource(source)
  return streamSource(source)
}
