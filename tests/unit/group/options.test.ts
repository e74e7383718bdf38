import { afterEach, describe, expect, it } from 'vitest'
import { configure, resolveOptions, type WebGroupOptions } from '../../../sdk/group/options.js'
import { decodeUtf8 } from '../../../sdk/util/bytes.js'

const resolve = (options: unknown) => () => resolveOptions(options as WebGroupOptions)

describe('resolveOptions', () => {
  it('names no server of any kind by default', () => {
    expect(resolveOptions({})).toMatchObject({ signalingUrls: [], iceServers: [] })
  })

  it('has the documented defaults', () => {
    const settings = resolveOptions({})
    expect(settings).toMatchObject({
      autoRejoin: true,
      relay: true,
      messageBytes: 67_108_864,
      maxLinks: 32,
      stallMs: 5_000,
      lingerMs: 10_000,
    })
    expect(settings.transports.map(({ name }) => name)).toEqual(['webrtc', 'websocket'])
    expect(decodeUtf8(settings.profile)).toBe('{}')
  })

  it('takes signaling as a string, an object, or a list of either', () => {
    expect(resolveOptions({ signaling: 'wss://a.example' }).signalingUrls).toEqual(['wss://a.example/'])
    expect(resolveOptions({ signaling: { url: 'wss://a.example' } }).signalingUrls).toEqual(['wss://a.example/'])
    expect(resolveOptions({ signaling: ['wss://a.example', { url: 'wss://b.example' }] }).signalingUrls).toEqual([
      'wss://a.example/',
      'wss://b.example/',
    ])
  })

  it('takes undefined for not given', () => {
    expect(resolveOptions({ lingerMs: undefined, limits: { maxLinks: undefined } })).toMatchObject({
      lingerMs: 10_000,
      maxLinks: 32,
    })
  })

  it.each<[string, unknown]>([
    ['options', 'text'],
    ['options', null],
    ['"signalling"', { signalling: 'wss://a.example' }],
    ['identity', { identity: {} }],
    ['identity', { identity: null }],
    ['identity', { identity: Promise.resolve() }],
    ['identity', { identity: 'x'.repeat(43) }],
    ['"token"', { signaling: { url: 'wss://a.example', token: 'x' } }],
    ['signaling', { signaling: 7 }],
    ['signaling', { signaling: [null] }],
    ['signaling', { signaling: null }],
    ['iceServers', { iceServers: 'stun:a.example' }],
    ['iceServers', { iceServers: [{ urls: 'https://a.example' }] }],
    ['iceServers', { iceServers: [{}] }],
    ['transports', { transports: {} }],
    ['transports', { transports: [() => undefined] }],
    ['transports', { transports: [null] }],
    ['profile', { profile: 'Ada' }],
    ['profile', { profile: ['Ada'] }],
    ['profile', { profile: { count: 1n } }],
    ['profile', { profile: { toJSON: () => undefined } }],
    ['profile', { profile: { toJSON: () => 'Ada' } }],
    ['profile', { profile: new Date(0) }],
    ['autoRejoin', { autoRejoin: 'yes' }],
    ['relay', { relay: 1 }],
    ['limits', { limits: 5 }],
    ['"windowBytes"', { limits: { windowBytes: 1 } }],
    ['limits.stallMs', { limits: { stallMs: '5s' } }],
    ['limits.maxLinks', { limits: { maxLinks: '4' } }],
    ['lingerMs', { lingerMs: null }],
    ['allowInsecure', { allowInsecure: 'no' }],
  ])('throws a TypeError that names %s: %o', (name, options) => {
    expect(resolve(options)).toThrow(TypeError)
    expect(resolve(options)).toThrow(name)
  })

  it.each<[string, unknown]>([
    ['transports', { transports: [] }],
    ['profile', { profile: { name: 'x'.repeat(502) } }],
    ['limits.messageBytes', { limits: { messageBytes: 0 } }],
    ['limits.maxLinks', { limits: { maxLinks: 257 } }],
    ['limits.maxLinks', { limits: { maxLinks: 1.5 } }],
    ['limits.stallMs', { limits: { stallMs: 0 } }],
    ['lingerMs', { lingerMs: 4_999 }],
    ['lingerMs', { lingerMs: Infinity }],
    ['URL', { signaling: 'not a url' }],
    ['URL', { signaling: 'ftp://a.example' }],
  ])('throws a RangeError that names %s: %o', (name, options) => {
    expect(resolve(options)).toThrow(RangeError)
    expect(resolve(options)).toThrow(name)
  })

  it('takes a profile of 512 bytes, and copies it', () => {
    const profile = { name: 'x'.repeat(501) }
    const settings = resolveOptions({ profile })
    profile.name = 'changed'
    expect(settings.profile).toHaveLength(512)
    expect(decodeUtf8(settings.profile)).not.toContain('changed')
  })

  it('refuses ws:// beyond this machine unless told otherwise', () => {
    expect(resolve({ signaling: 'ws://a.example' })).toThrow(expect.objectContaining({ code: 'insecure-url' }))
    expect(resolve({ signaling: 'ws://a.example', allowInsecure: true })).not.toThrow()
    expect(resolve({ signaling: 'ws://localhost:8787' })).not.toThrow()
  })

  it('never quotes what may be secret', () => {
    expect(resolve({ iceServers: [{ urls: 'x', credential: 'hunter2' }] })).not.toThrow(/hunter2/)
  })
})

describe('configure', () => {
  afterEach(() => {
    configure({
      signaling: [],
      profile: {},
      relay: true,
      allowInsecure: false,
      lingerMs: 10_000,
      limits: { maxLinks: 32, messageBytes: 64 * 2 ** 20, stallMs: 5_000 },
    })
  })

  it('sets defaults, which the options of a group go before', () => {
    configure({ signaling: 'wss://a.example', relay: false })
    expect(resolveOptions({})).toMatchObject({ signalingUrls: ['wss://a.example/'], relay: false })
    expect(resolveOptions({ signaling: 'wss://b.example' }).signalingUrls).toEqual(['wss://b.example/'])
  })

  it('keeps what an earlier call set, each limit by itself', () => {
    configure({ lingerMs: 20_000, limits: { maxLinks: 4 } })
    configure({ limits: { messageBytes: 1_000 } })
    expect(resolveOptions({})).toMatchObject({ lingerMs: 20_000, maxLinks: 4, messageBytes: 1_000 })
  })

  it('changes nothing when it throws', () => {
    expect(() => {
      configure({ relay: false, lingerMs: -1 })
    }).toThrow(RangeError)
    expect(resolveOptions({}).relay).toBe(true)
  })

  it('leaves it to the group whether an insecure URL is allowed', () => {
    configure({ signaling: 'ws://a.example' })
    expect(resolve({})).toThrow(expect.objectContaining({ code: 'insecure-url' }))
    expect(resolve({ allowInsecure: true })).not.toThrow()
  })
})
