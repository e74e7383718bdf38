import { Random } from '../support/random.js'
import { secretMarker } from './network.js'

const pattern = (() => {
  // An odd length that no chunk size divides, so that no two chunks of a message are alike.
  const bytes = new Random('message pattern').bytes(1024 * 1024 + 7)
  for (let i = 0; i < bytes.length; i++) bytes[i] = 0x20 + ((bytes[i] as number) % 95)
  return Buffer.from(bytes)
})()

/** A message of this size has room to name itself. */
export const namedBytes = 24

export interface Numbered {
  readonly sender: string
  readonly number: number
  readonly size: number
}

/** Fills a message so that it tells its sender, number and size, and shows any byte out of place. */
export const makeMessage = ({ sender, number, size }: Numbered): Uint8Array => {
  const bytes = new Uint8Array(size)
  const head = Buffer.from(header(sender, number, size))
  let filled = 0
  if (size >= head.length) filled = head.copy(bytes)
  let from = (number * 7919) % pattern.length
  while (filled < size) {
    filled += pattern.copy(bytes, filled, from)
    from = 0
  }
  return bytes
}

/** The number that the message names; `null` for one too small to name it. */
export const readNumber = (sender: string, bytes: Uint8Array): number | null => {
  if (bytes.length < namedBytes || bytes[0] !== OPEN) return null
  let at = 1
  for (; at <= sender.length; at++) if (bytes[at] !== sender.charCodeAt(at - 1)) return null
  if (bytes[at++] !== SPACE) return null
  let number = 0
  for (let digit = bytes[at]; digit !== undefined && digit >= ZERO && digit <= NINE; digit = bytes[++at]) {
    number = number * 10 + digit - ZERO
  }
  return bytes[at] === SPACE ? number : null
}
const [OPEN, SPACE, ZERO, NINE] = [0x5b, 0x20, 0x30, 0x39]

export const isMessage = (bytes: Uint8Array, { sender, number, size }: Numbered): boolean => {
  if (bytes.length !== size) return false
  const head = Buffer.from(header(sender, number, size))
  let at = size >= head.length ? head.length : 0
  if (at > 0 && head.compare(bytes, 0, at) !== 0) return false
  for (let from = (number * 7919) % pattern.length; at < size; from = 0) {
    const length = Math.min(size - at, pattern.length - from)
    if (pattern.compare(bytes, at, at + length, from, from + length) !== 0) return false
    at += length
  }
  return true
}

const header = (sender: string, number: number, size: number): string =>
  `[${sender} ${number} ${size}]${size < 2 * namedBytes ? '' : secretMarker}`
