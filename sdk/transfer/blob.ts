/** How much is gathered before it becomes a Blob: browsers move those to disk, and leave arrays in memory. */
const FOLD_BYTES = 8_388_608

/** All that a stream brings, as one Blob. Rejects with the error of the stream. */
export const readToBlob = async (stream: ReadableStream<Uint8Array>, type: string): Promise<Blob> => {
  const folded: Blob[] = []
  let parts: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Blob([...folded, ...parts], { type })
    parts.push(value as Uint8Array<ArrayBuffer>)
    size += value.length
    if (size < FOLD_BYTES) continue
    folded.push(new Blob(parts))
    parts = []
    size = 0
  }
}
