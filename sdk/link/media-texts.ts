import { MAX_MEDIA_SLOTS, MAX_MEDIA_TEXT_LENGTH, MAX_MID_LENGTH } from '../protocol/limits.js'

/** Which section of the descriptions carries which track of whoever says so: its `mid`, and the track's label. */
export type Labels = readonly (readonly [mid: string, label: number])[]

/** What the two ends of a link say to each other about the media on it, as JSON. PROTOCOL.md has it in section 6.4. */
export type MediaText =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string; readonly labels: Labels }
  | { readonly type: 'want'; readonly audio: number; readonly video: number }
  | { readonly type: 'labels'; readonly labels: Labels }

/** `null` for what is too long to be said. */
export const encodeMediaText = (said: MediaText): string | null => {
  const text = JSON.stringify(fieldsOf(said))
  return text.length > MAX_MEDIA_TEXT_LENGTH ? null : text
}

const fieldsOf = (said: MediaText): Readonly<Record<string, unknown>> => {
  switch (said.type) {
    case 'offer':
    case 'answer':
      return { [said.type]: said.sdp, labels: said.labels }
    case 'want':
      return { want: [said.audio, said.video] }
    case 'labels':
      return { labels: said.labels }
  }
}

/** `null` for what is none. */
export const decodeMediaText = (text: string): MediaText | null => {
  if (text.length > MAX_MEDIA_TEXT_LENGTH) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const fields = value as Readonly<Record<string, unknown>>
  const { want, offer, answer, labels } = fields
  const names = Object.keys(fields).sort().join(' ')
  if (names === 'want') return readWant(want)
  if (!isLabels(labels)) return null
  if (names === 'labels') return { type: 'labels', labels }
  if (names === 'labels offer' && typeof offer === 'string') return { type: 'offer', sdp: offer, labels }
  if (names === 'answer labels' && typeof answer === 'string') return { type: 'answer', sdp: answer, labels }
  return null
}

const readWant = (want: unknown): MediaText | null => {
  if (!Array.isArray(want) || want.length !== 2) return null
  const [audio, video] = want as readonly unknown[]
  return isCount(audio) && isCount(video) ? { type: 'want', audio, video } : null
}

const isCount = (count: unknown): count is number => isWhole(count, MAX_MEDIA_SLOTS)

const isWhole = (number: unknown, max: number): number is number =>
  typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= max

const isLabels = (labels: unknown): labels is Labels => {
  if (!Array.isArray(labels) || labels.length > 2 * MAX_MEDIA_SLOTS) return false
  const pairs = labels as readonly unknown[]
  if (!pairs.every(isPair)) return false
  return [0, 1].every((index) => new Set(pairs.map((pair) => pair[index])).size === pairs.length)
}

const isPair = (pair: unknown): pair is readonly [string, number] => {
  if (!Array.isArray(pair) || pair.length !== 2) return false
  const [mid, label] = pair as readonly unknown[]
  return typeof mid === 'string' && mid.length <= MAX_MID_LENGTH && isWhole(label, 0xffff)
}
