import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../../sdk/util/base64url.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'

describe('encodeBase64url', () => {
  it('gives the examples of RFC 4648 without their padding', () => {
    const examples = { '': '', f: 'Zg', fo: 'Zm8', foo: 'Zm9v', foob: 'Zm9vYg', fooba: 'Zm9vYmE', foobar: 'Zm9vYmFy' }
    for (const [text, encoded] of Object.entries(examples)) expect(encodeBase64url(encodeUtf8(text))).toBe(encoded)
  })

  it('uses the letters that need no escape in a URL', () => {
    expect(encodeBase64url(Uint8Array.of(0xfb, 0xff, 0xbf))).toBe('-_-_')
  })
})

describe('decodeBase64url', () => {
  it('refuses padding, spaces and the other alphabet', () => {
    for (const text of ['Zg==', 'Zg=', '+/+/', 'Zm9v\n', ' Zm9v', 'Zm 9v', 'Zm9v\u00e9', '\u{1f9f6}a']) {
      expect(decodeBase64url(text)).toBeNull()
    }
  })

  it('refuses lengths that no bytes have', () => {
    for (const text of ['A', 'AAAAA', 'Zm9vY']) expect(decodeBase64url(text)).toBeNull()
  })

  it('refuses a second spelling of the same bytes', () => {
    expect(decodeBase64url('Zg')).toEqual(encodeUtf8('f'))
    for (const text of ['Zh', 'Zi', 'Zv', 'Zm9', 'Zm-']) expect(decodeBase64url(text)).toBeNull()
  })
})
