import { SkeinError } from '../errors.js'

const LOOPBACK = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/**
 * The address of a signaling server as a WebSocket takes it. `https:` and `http:` stand for `wss:` and `ws:`, as a
 * browser has it; `ws:` is for this machine alone, unless `allowInsecure`.
 *
 * Throws a `TypeError` for what is no string, a `RangeError` for what is no such URL, and `insecure-url`.
 */
export const parseSignalingUrl = (text: string, { allowInsecure = false } = {}): string => {
  if (typeof text !== 'string') throw new TypeError(`signaling URL must be a string, got ${typeof text}`)
  let url
  try {
    url = new URL(text)
  } catch (cause) {
    throw new RangeError(`cannot use signaling URL: "${text}" is no URL`, { cause })
  }
  const protocol = { 'wss:': 'wss:', 'https:': 'wss:', 'ws:': 'ws:', 'http:': 'ws:' }[url.protocol]
  if (protocol === undefined) throw new RangeError(`cannot use signaling URL: "${text}" is neither wss: nor ws:`)
  if (text.includes('#')) throw new RangeError(`cannot use signaling URL: "${text}" has a fragment`)
  url.protocol = protocol
  if (protocol === 'ws:' && !allowInsecure && !LOOPBACK.test(url.hostname)) {
    throw new SkeinError(
      'insecure-url',
      `cannot use signaling URL: "${text}" is not encrypted, use wss: or allowInsecure`,
    )
  }
  return url.href
}
