import { describe, expect, it } from 'vitest'
import { admitsOrigin, parseOrigins } from '../../../signaling/origins.js'

const host = 'signal.example.org:8787'
const admits = (origin: string | undefined, origins: string[] = [], at: string | undefined = host) =>
  admitsOrigin(origin, at, parseOrigins(origins))

describe('admitsOrigin', () => {
  it.each([
    ['no origin', undefined],
    ['the same host', 'https://signal.example.org'],
    ['the same host on another port', 'http://signal.example.org:5173'],
    ['the same host in capitals', 'https://SIGNAL.example.org'],
    ['localhost', 'http://localhost:3000'],
    ['a name under localhost', 'http://app.localhost'],
    ['127.0.0.1', 'http://127.0.0.1:5173'],
    ['another address of loopback', 'http://127.1.2.3'],
    ['::1', 'http://[::1]:5173'],
  ])('S2: admits %s by default', (_name, origin) => {
    expect(admits(origin)).toBe(true)
  })

  it.each([
    ['another host', 'https://evil.example'],
    ['a host below ours', 'https://evil.signal.example.org'],
    ['a host above ours', 'https://example.org'],
    ['a host that only begins like ours', 'https://signal.example.org.evil.example'],
    ['a host that only begins like loopback', 'http://127.0.0.1.evil.example'],
    ['a host that only ends like localhost', 'http://notlocalhost'],
    ['our host as user name', 'https://signal.example.org@evil.example'],
    ['an extension', 'chrome-extension://signal.example.org'],
    ['a page from a file', 'null'],
    ['something that is no origin', 'whatever'],
    ['nothing', ''],
  ])('S2: refuses %s by default', (_name, origin) => {
    expect(admits(origin)).toBe(false)
  })

  it('admits only loopback and the list when the Host header is missing or broken', () => {
    expect(admitsOrigin('https://evil.example', undefined, parseOrigins([]))).toBe(false)
    expect(admits('https://evil.example', [], 'evil example')).toBe(false)
    expect(admits('http://localhost', [], 'evil example')).toBe(true)
  })

  it('S2: admits exactly what the list adds', () => {
    const origins = ['https://app.example/', 'http://App.Example:8080', 'chrome-extension://abcdef']
    for (const origin of ['https://app.example', 'http://app.example:8080', 'chrome-extension://abcdef']) {
      expect(admits(origin, origins)).toBe(true)
    }
    for (const origin of ['http://app.example', 'https://app.example:8080', 'https://b.app.example', 'null']) {
      expect(admits(origin, origins)).toBe(false)
    }
    expect(admits('https://signal.example.org', origins)).toBe(true)
  })

  it('admits pages from files by null, and all by an asterisk alone', () => {
    expect(admits('null', ['null'])).toBe(true)
    expect(admits('https://evil.example', ['null'])).toBe(false)
    expect(admits('https://evil.example', ['*'])).toBe(true)
    expect(admits('null', ['*'])).toBe(true)
  })
})

describe('parseOrigins', () => {
  it.each([
    '',
    'app.example',
    'app.example:80',
    'https://',
    'https://*.example',
    'https://a.example/path',
    'https://a@b',
  ])('refuses %j', (origin) => {
    expect(() => parseOrigins([origin])).toThrow(RangeError)
  })
})
