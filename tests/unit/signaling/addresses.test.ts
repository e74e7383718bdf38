import { describe, expect, it } from 'vitest'
import { AddressLimits, sourceOf } from '../../../signaling/addresses.js'

describe('sourceOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::2', '0:0:0:0'],
  ])('counts %s as %s', (address, source) => {
    expect(sourceOf(address)).toBe(source)
  })

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', undefined])('exempts %s', (address) => {
    expect(sourceOf(address)).toBeNull()
  })
})

describe('AddressLimits', () => {
  const address = '192.0.2.7'

  it('S13: refuses a socket beyond the limit until one is closed, and others not', () => {
    const limits = new AddressLimits({ socketsPerAddress: 256, newSocketsPerMinute: 300 })
    const closers = Array.from({ length: 256 }, () => {
      expect(limits.admits(address, 0)).toBe(true)
      return limits.open(address, 0)
    })
    expect(limits.admits(address, 0)).toBe(false)
    expect(limits.admits('192.0.2.8', 0)).toBe(true)
    closers[0]?.()
    expect(limits.admits(address, 0)).toBe(true)
  })

  it('S13: refuses what comes faster than the limit, and admits it as time passes', () => {
    const limits = new AddressLimits({ socketsPerAddress: 256, newSocketsPerMinute: 300 })
    const attempt = (nowMs: number) => {
      const admitted = limits.admits(address, nowMs)
      if (admitted) limits.open(address, nowMs)()
      return admitted
    }
    for (let i = 0; i < 300; i++) expect(attempt(0)).toBe(true)
    expect(attempt(0)).toBe(false)
    expect(attempt(199)).toBe(false)
    expect(attempt(200)).toBe(true)
    expect(attempt(200)).toBe(false)
  })

  it('S13: counts one IPv6 network as one', () => {
    const limits = new AddressLimits({ socketsPerAddress: 2, newSocketsPerMinute: 300 })
    limits.open('2001:db8::1', 0)
    limits.open('2001:db8::2', 0)
    expect(limits.admits('2001:db8::3', 0)).toBe(false)
    expect(limits.admits('2001:db8:0:1::3', 0)).toBe(true)
  })

  it('S13: never limits loopback', () => {
    const limits = new AddressLimits({ socketsPerAddress: 1, newSocketsPerMinute: 1 })
    for (let i = 0; i < 10; i++) {
      expect(limits.admits('127.0.0.1', 0)).toBe(true)
      limits.open('127.0.0.1', 0)
    }
    expect(limits.size).toBe(0)
  })

  it('forgets addresses that are gone', () => {
    const limits = new AddressLimits({ socketsPerAddress: 4, newSocketsPerMinute: 60 })
    for (let i = 0; i < 1_000; i++) {
      limits.admits(`10.0.${i >> 8}.${i & 255}`, i * 1_000)
      limits.open(`10.0.${i >> 8}.${i & 255}`, i * 1_000)()
    }
    expect(limits.size).toBeLessThan(10)
  })
})
