import { expect, test } from 'vitest'
import { parseSignalingUrl } from '../../../sdk/discovery/signaling-url.js'

test.each([
  ['wss://signal.example.org', 'wss://signal.example.org/'],
  ['https://signal.example.org/a?b=c', 'wss://signal.example.org/a?b=c'],
  ['WSS://Signal.Example.Org:8443', 'wss://signal.example.org:8443/'],
  ['ws://localhost:8787', 'ws://localhost:8787/'],
  ['http://app.localhost:1', 'ws://app.localhost:1/'],
  ['ws://127.0.0.1:8787', 'ws://127.0.0.1:8787/'],
  ['ws://127.1', 'ws://127.0.0.1/'],
  ['ws://[::1]:8787', 'ws://[::1]:8787/'],
])('parseSignalingUrl takes %s', (text, url) => {
  expect(parseSignalingUrl(text)).toBe(url)
})

test.each([
  'ws://signal.example.org',
  'http://192.168.0.2:8787',
  'ws://localhost.example.org',
  'ws://127.0.0.1.nip.io',
])('parseSignalingUrl takes %s only with allowInsecure', (text) => {
  expect(() => parseSignalingUrl(text)).toThrow(expect.objectContaining({ code: 'insecure-url' }))
  expect(parseSignalingUrl(text, { allowInsecure: true })).toMatch(/^ws:/)
})

test.each(['', 'signal.example.org', '/signal', 'ftp://example.org', 'javascript:0', 'wss://', 'wss://a.example#key'])(
  'parseSignalingUrl refuses "%s"',
  (text) => {
    expect(() => parseSignalingUrl(text)).toThrow(RangeError)
  },
)

test('parseSignalingUrl refuses what is no string', () => {
  for (const value of [undefined, null, 8787, {}, new URL('wss://a.example')]) {
    expect(() => parseSignalingUrl(value as string)).toThrow(TypeError)
  }
})
