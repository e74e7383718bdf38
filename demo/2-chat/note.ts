/**
 * What the pages of this chat tell each other besides text. Text travels as a string, so that any page or bot can read
 * it; notes travel as bytes: the length of a JSON head in two bytes, the head, and for a slice the bytes of the file.
 */
export type Note =
  | { readonly type: 'links'; readonly to: readonly string[] }
  | {
      readonly type: 'file'
      readonly file: string
      readonly name: string
      readonly mime: string
      readonly size: number
    }
  | { readonly type: 'slice'; readonly file: string; readonly offset: number; readonly bytes: Uint8Array }
  /** From the sender: no more is coming. From a recipient: send no more to me. */
  | { readonly type: 'stop'; readonly file: string }

const maxLinks = 256
const idLength = 64

export const encodeNote = (note: Note): Uint8Array => {
  const { bytes, ...head } = { bytes: new Uint8Array(), ...note }
  const text = new TextEncoder().encode(JSON.stringify(head))
  const encoded = new Uint8Array(2 + text.length + bytes.length)
  new DataView(encoded.buffer).setUint16(0, text.length)
  encoded.set(text, 2)
  encoded.set(bytes, 2 + text.length)
  return encoded
}

const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value.length <= maxLength

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** `null` for what is no note: other pages may send whatever they like. */
export const decodeNote = (data: Uint8Array): Note | null => {
  const head = decodeHead(data)
  if (head === null) return null
  const { type, to, file, name, mime, size, offset } = head
  if (type === 'links') {
    if (!Array.isArray(to) || to.length > maxLinks || !to.every((id) => isText(id, idLength))) return null
    return { type, to }
  }
  if (!isText(file, idLength)) return null
  if (type === 'stop') return { type, file }
  if (type === 'file' && isText(name, 255) && isText(mime, 127) && isCount(size))
    return { type, file, name, mime, size }
  if (type === 'slice' && isCount(offset)) return { type, file, offset, bytes: bodyOf(data) }
  return null
}

const bodyOf = (data: Uint8Array): Uint8Array => data.subarray(2 + lengthOf(data))

const lengthOf = (data: Uint8Array): number => new DataView(data.buffer, data.byteOffset).getUint16(0)

const decodeHead = (data: Uint8Array): Record<string, unknown> | null => {
  if (data.length < 2 || data.length < 2 + lengthOf(data)) return null
  try {
    const head: unknown = JSON.parse(new TextDecoder().decode(data.subarray(2, 2 + lengthOf(data))))
    return typeof head === 'object' && head !== null ? (head as Record<string, unknown>) : null
  } catch {
    return null
  }
}
