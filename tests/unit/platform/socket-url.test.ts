import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { isDialable, parseSocketUrl } from '../../../sdk/platform/socket-url.js'

test.each([
  ['wss://signal.example.org', 'wss://signal.example.org/'],
  ['https://signal.example.org/a?b=c', 'wss://signal.example.org/a?b=c'],
  ['WSS://Signal.Example.Org:8443', 'wss://signal.example.org:8443/'],
  ['ws://localhost:8787', 'ws://localhost:8787/'],
  ['http://app.localhost:1', 'ws://app.localhost:1/'],
  ['ws://127.0.0.1:8787', 'ws://127.0.0.1:8787/'],
  ['ws://127.1', 'ws://127.0.0.1/'],
  ['ws://[::1]:8787', 'ws://[::1]:8787/'],
])('parseSocketUrl takes %s', (text, url) => {
  expect(parseSocketUrl(text)).toBe(url)
})

test.each([
  'ws://signal.example.org',
  'http://192.168.0.2:8787',
  'ws://localhost.example.org',
  'ws://127.0.0.1.nip.io',
])('parseSocketUrl takes %s only with allowInsecure', (text) => {
  expect(() => parseSocketUrl(text)).toThrow(expect.objectContaining({ code: 'insecure-url' }))
  expect(parseSocketUrl(text, { allowInsecure: true })).toMatch(/^ws:/)
})

test.each(['', 'signal.example.org', '/signal', 'ftp://example.org', 'javascript:0', 'wss://', 'wss://a.example#key'])(
  'parseSocketUrl refuses "%s"',
  (text) => {
    expect(() => parseSocketUrl(text)).toThrow(RangeError)
  },
)

test.each([
  'sk1_secret',
  'secret',
  'secret:text',
  'wss://a.example/#skein=secret',
  'ws://user:secret@a.example/secret?token=secret',
  'wss://[secret',
])('parseSocketUrl quotes no more than the host of %s', (text) => {
  try {
    parseSocketUrl(text)
  } catch (error) {
    expect(inspect(error)).not.toContain('secret')
    return
  }
  throw new Error('nothing was thrown')
})

test.each([
  ['wss://bot.example', true, true],
  ['https://bot.example', true, true],
  ['ws://bot.example', false, true],
  ['http://bot.example', false, true],
  // Loopback is another machine there than here.
  ['ws://127.0.0.1:9000', false, true],
  ['ws://localhost:9000', false, true],
  ['wss://127.0.0.1:9000', true, true],
  ['wss://bot.example#key', false, false],
  ['ftp://bot.example', false, false],
  ['javascript:0', false, false],
  ['', false, false],
])('isDialable: %s, which others show, is %s, and %s with allowInsecure', (address, isSo, isSoInsecure) => {
  expect([isDialable(address, false), isDialable(address, true)]).toEqual([isSo, isSoInsecure])
})

test('parseSocketUrl refuses what is no string', () => {
  for (const value of [undefined, null, 8787, {}, new URL('wss://a.example')]) {
    expect(() => parseSocketUrl(value as string)).toThrow(TypeError)
  }
})
