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
 * Throws a `TypeError` for what is no string, a `RangeError` for what is no such URL, and `insecure-url`. Of the text no
 * error quotes more than the host: people paste links with a key in them, or the key itself, and servers are given what
 * lets one in as a query. That goes for the error of `URL` too, so it is not the cause.
 */
export const parseSocketUrl = (text: string, options: SocketUrlOptions = {}): string => {
  const { allowInsecure = false, what = 'signaling' } = options
  if (typeof text !== 'string') throw new TypeError(`${what} URL must be a string, got ${typeof text}`)
  const action = `cannot use ${what} URL`
  const url = parsedOrNull(text)
  if (url === null) throw new RangeError(`${action}: it is no URL`)
  const protocol = { 'wss:': 'wss:', 'https:': 'wss:', 'ws:': 'ws:', 'http:': 'ws:' }[url.protocol]
  if (protocol === undefined) throw new RangeError(`${action}: it is neither wss: nor ws:`)
  if (text.includes('#')) throw new RangeError(`${action}: it has a fragment`)
  url.protocol = protocol
  if (protocol === 'ws:' && !allowInsecure && !LOOPBACK.test(url.hostname)) {
    throw new SkeinError('insecure-url', `${action}: "${url.host}" is not encrypted, use wss: or allowInsecure`)
  }
  return url.href
}

const parsedOrNull = (text: string): URL | null => {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** Whether an address that others announce may be dialled: loopback is theirs there, and mine here. */
export const isDialable = (address: string, allowInsecure: boolean): boolean => {
  try {
    return parseSocketUrl(address, { allowInsecure, what: 'bot' }).startsWith('wss:') || allowInsecure
  } catch {
    return false
  }
}
