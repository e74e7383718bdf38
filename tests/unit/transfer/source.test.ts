import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MAX_CHUNK_BYTES } from '../../../sdk/protocol/limits.js'
import { openSource } from '../../../sdk/transfer/source.js'
import { concatBytes } from '../../../sdk/util/bytes.js'

const noise = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(size).map((_, at) => (at * 31) ^ (at >> 8))

/** A Blob whose stream brings chunks of these sizes. */
const blobOf = (bytes: Uint8Array<ArrayBuffer>, sizes: readonly number[], onCancel = (): void => undefined): Blob => {
  const blob = new Blob([bytes])
  let [at, turn] = [0, 0]
  blob.stream = () =>
    new ReadableStream({
      pull: (controller) => {
        if (at === bytes.length) return controller.close()
        const size = Math.max(1, sizes[turn++ % sizes.length] ?? 1)
        controller.enqueue(bytes.slice(at, (at += Math.min(size, bytes.length - at))))
      },
      cancel: onCancel,
    })
  return blob
}

const read = async (blob: Blob): Promise<Uint8Array[]> => {
  const pieces: Uint8Array[] = []
  for await (const piece of openSource(blob).read()) pieces.push(piece)
  return pieces
}

it('a blob is read in whole pieces, wherever the chunks of its stream end', async () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 60_000, max: 200_000 })), {
    minLength: 1,
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 400_000 }), sizes, async (size, chunks) => {
      const bytes = noise(size)
      // A few thousand chunks of a byte each say no more than some.
      const pieces = await read(blobOf(bytes, size > 20_000 ? [...chunks, 100_000] : chunks))
      expect(Buffer.compare(concatBytes(...pieces), bytes)).toBe(0)
      expect(pieces.slice(0, -1).every(({ length }) => length === MAX_CHUNK_BYTES)).toBe(true)
      expect(pieces.at(-1)?.length ?? 0).toBeLessThanOrEqual(MAX_CHUNK_BYTES)
    }),
    { numRuns: 40 },
  )
})

it('a blob that is read no further is let go', async () => {
  let isCancelled = false
  const blob = blobOf(noise(300_000), [100_000], () => {
    isCancelled = true
  })
  for await (const piece of openSource(blob).read()) if (piece.length > 0) break
  expect(isCancelled).toBe(true)
})
