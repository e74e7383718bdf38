import { SkeinError } from '../errors.js'

const LOOPBACK = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

export interface SocketUrlOptions {
  /** Permits `ws:` beyond this machine. @default false */
  readonly allowInsecure?: boolean
  /** What is at that URL, for the message of an error. @default 'signaling' */
  readonly what?: 'signaling' | 'bot'
}

/**
 * The address of a server as a WebSocket takes it. `https:` and `http:` stand for `wss:` and `ws:`, as a browser has
 * it; `ws:` is for this machine alone, unless `allowInsecure`.
 *
 * Throws a `TypeError` for what is no string, a `RangeError` for what is no such URL, and `insecure-url`.
 */
export const parseSocketUrl = (text: string, options: SocketUrlOptions = {}): string => {
  const { allowInsecure = false, what = 'signaling' } = options
  if (typeof text !== 'string') throw new TypeError(`${what} URL must be a string, got ${typeof text}`)
  let url
  try {
    url = new URL(text)
  } catch (cause) {
    throw new RangeError(`cannot use ${what} URL: "${text}" is no URL`, { cause })
  }
  const protocol = { 'wss:': 'wss:', 'https:': 'wss:', 'ws:': 'ws:', 'http:': 'ws:' }[url.protocol]
  if (protocol === undefined) throw new RangeError(`cannot use ${what} URL: "${text}" is neither wss: nor ws:`)
  if (text.includes('#')) throw new RangeError(`cannot use ${what} URL: "${text}" has a fragment`)
  url.protocol = protocol
  if (protocol === 'ws:' && !allowInsecure && !LOOPBACK.test(url.hostname)) {
    throw new SkeinError(
      'insecure-url',
      `cannot use ${what} URL: "${text}" is not encrypted, use wss: or allowInsecure`,
    )
  }
  return url.href
}

/** Whether an address that others announce may be dialled: loopback is theirs there, and mine here. */
export const isDialable = (address: string, allowInsecure: boolean): boolean => {
  try {
    return parseSocketUrl(address, { allowInsecure, what: 'bot' }).startsWith('wss:') || allowInsecure
  } catch {
    return false
  }
}
