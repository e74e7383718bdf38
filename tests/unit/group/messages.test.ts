import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { assertMessageData, decodeMessage, encodeMessage } from '../../../sdk/group/messages.js'

const check = (data: unknown) => () => {
  assertMessageData(data)
}

describe('assertMessageData', () => {
  it.each([['text'], [''], [new Uint8Array(3)], [new Uint8Array(0)], [Buffer.from('x')]])('accepts %j', (data) => {
    expect(check(data)).not.toThrow()
  })

  it('accepts a Uint8Array of another realm', () => {
    expect(check(runInNewContext('new Uint8Array([1, 2])'))).not.toThrow()
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [7, 'number'],
    [{}, 'Object'],
    [['a'], 'an array'],
    [new ArrayBuffer(2), 'ArrayBuffer'],
    [new Uint16Array(2), 'Uint16Array'],
    [new DataView(new ArrayBuffer(2)), 'DataView'],
    [Object('boxed'), 'String'],
  ])('refuses %o with a TypeError that names its type', (data, type) => {
    expect(check(data)).toThrow(TypeError)
    expect(check(data)).toThrow(type)
  })

  it('never quotes the data', () => {
    expect(check({ password: 'hunter2' })).not.toThrow(/hunter2/)
  })
})

describe('encodeMessage and decodeMessage', () => {
  it('carry text, the byte order mark and NUL included', () => {
    for (const text of ['', 'plain', '\uFEFFmark', 'a\0b', '🪿 ünïcode']) {
      const { kind, bytes } = encodeMessage(text, 1_000)
      expect(kind).toBe('text')
      expect(decodeMessage(kind, bytes)).toBe(text)
    }
  })

  it('replace lone surrogates', () => {
    const { kind, bytes } = encodeMessage('a\uD800b', 1_000)
    expect(decodeMessage(kind, bytes)).toBe('a\uFFFDb')
  })

  it('copy the bytes, so that the caller may reuse them', () => {
    const data = new Uint8Array([1, 2, 3])
    const { kind, bytes } = encodeMessage(data, 1_000)
    data.fill(9)
    expect(kind).toBe('binary')
    expect(bytes).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('give a Buffer as a plain Uint8Array', () => {
    const { kind, bytes } = encodeMessage(Buffer.from([1, 2]), 1_000)
    expect(decodeMessage(kind, bytes).constructor).toBe(Uint8Array)
  })

  it('hand out bytes with a buffer of their own', () => {
    const frame = new Uint8Array([9, 1, 2, 9])
    const data = decodeMessage('binary', frame.subarray(1, 3)) as Uint8Array
    expect(data).toEqual(new Uint8Array([1, 2]))
    expect(data.buffer.byteLength).toBe(2)
  })

  it('refuse what is over the limit in bytes, and take what just fits', () => {
    const tooLarge = expect.objectContaining({ name: 'SkeinError', code: 'message-too-large' }) as unknown
    expect(encodeMessage(new Uint8Array(4), 4).bytes).toHaveLength(4)
    expect(encodeMessage('üü', 4).bytes).toHaveLength(4)
    for (const data of [new Uint8Array(5), 'aaaaa', 'üüü']) {
      let caught: unknown
      try {
        encodeMessage(data, 4)
      } catch (error) {
        caught = error
      }
      expect(caught).toEqual(tooLarge)
    }
  })
})
