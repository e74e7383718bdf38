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
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 80)).toString('latin1')
  const match = /^\[([^ ]+) (\d+) \d+\]/.exec(head)
  return match !== null && match[1] === sender ? Number(match[2]) : null
}

export const isMessage = (bytes: Uint8Array, expected: Numbered): boolean =>
  bytes.length === expected.size && Buffer.compare(bytes, makeMessage(expected)) === 0

const header = (sender: string, number: number, size: number): string =>
  `[${sender} ${number} ${size}]${size < 2 * namedBytes ? '' : secretMarker}`
