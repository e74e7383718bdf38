import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../../sdk/protocol/decode-error.js'
import {
  MAX_HELLO_BYTES,
  MAX_SERVER_FRAME_BYTES,
  MAX_SIGNAL_BYTES,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  type ClientFrame,
  type Introduction,
  type ServerFrame,
} from '../../../sdk/protocol/server-frames.js'

const fill = (size: number, value: number) => new Uint8Array(size).fill(value)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const unhex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

const topic = fill(32, 0xaa)
const id = fill(16, 0xbb)
const introduction: Introduction = { connection: id, bot: true, full: false, hello: fill(2, 7) }

describe('C4: frames of a client: frozen bytes', () => {
  const cases: [ClientFrame, string][] = [
    // type, version, topic, flags, size of hello, hello
    [{ type: 'join', topic, bot: true, full: true, hello: fill(3, 1) }, `01 01 ${'aa'.repeat(32)} 03 03 010101`],
    [{ type: 'signal', connection: id, payload: fill(2, 9) }, `02 ${'bb'.repeat(16)} 0909`],
    [{ type: 'ask', tried: [] }, '03 00'],
    [{ type: 'ask', tried: [id, topic.subarray(0, 16)] }, `03 02 ${'bb'.repeat(16)} ${'aa'.repeat(16)}`],
    // 200 bytes of hello need a size of two bytes.
    [{ type: 'update', bot: false, full: true, hello: fill(200, 1) }, `04 02 c801 ${'01'.repeat(200)}`],
    [{ type: 'pong' }, '05'],
  ]
  it.each(cases)('%o', (frame, bytes) => {
    expect(hex(encodeClientFrame(frame))).toBe(bytes.replaceAll(' ', ''))
    expect(decodeClientFrame(unhex(bytes))).toEqual(frame)
  })
})

describe('C4: frames of the server: frozen bytes', () => {
  const entry = `${'bb'.repeat(16)} 01 02 0707`
  const cases: [ServerFrame, string][] = [
    [{ type: 'welcome', connection: id, empty: true, introductions: [] }, `81 01 ${'bb'.repeat(16)} 01 00`],
    [
      { type: 'welcome', connection: id, empty: false, introductions: [introduction] },
      `81 01 ${'bb'.repeat(16)} 00 01 ${entry}`,
    ],
    [{ type: 'introduced', ...introduction }, `82 ${entry}`],
    [{ type: 'signal', connection: id, payload: fill(1, 9) }, `83 ${'bb'.repeat(16)} 09`],
    [{ type: 'gone', connection: id }, `84 ${'bb'.repeat(16)}`],
    [{ type: 'introductions', empty: false, introductions: [] }, '85 00 00'],
    [
      { type: 'introductions', empty: false, introductions: [introduction, introduction, introduction] },
      `85 00 03 ${entry} ${entry} ${entry}`,
    ],
    [{ type: 'ping' }, '86'],
    [{ type: 'drain', reconnectInMs: 0x01020304 }, '87 01020304'],
  ]
  it.each(cases)('%o', (frame, bytes) => {
    expect(hex(encodeServerFrame(frame))).toBe(bytes.replaceAll(' ', ''))
    expect(decodeServerFrame(unhex(bytes))).toEqual(frame)
  })
})

describe('decodeClientFrame', () => {
  it('S5: reads no further than the version of a JOIN that is not of ours', () => {
    expect(decodeClientFrame(unhex('01 02 dead beef'))).toEqual({ type: 'other-version', version: 2 })
    expect(decodeClientFrame(unhex('01 00'))).toEqual({ type: 'other-version', version: 0 })
  })

  it('ignores flags that are not defined yet', () => {
    expect(decodeClientFrame(unhex('04 fe 01 00'))).toMatchObject({ bot: false, full: true })
  })

  it('takes a hello and a payload of the largest size', () => {
    const hello = fill(MAX_HELLO_BYTES, 5)
    expect(decodeClientFrame(encodeClientFrame({ type: 'update', bot: false, full: false, hello }))).toMatchObject({
      hello,
    })
    const payload = fill(MAX_SIGNAL_BYTES, 5)
    expect(decodeClientFrame(encodeClientFrame({ type: 'signal', connection: id, payload }))).toMatchObject({ payload })
  })

  const refused: [string, string | Uint8Array][] = [
    ['no bytes', ''],
    ['an unknown type', '06'],
    ['a type of the server', '86'],
    ['a JOIN without version', '01'],
    ['a JOIN cut within its topic', `01 01 ${'aa'.repeat(31)}`],
    ['a JOIN cut within its hello', `01 01 ${'aa'.repeat(32)} 00 03 0101`],
    ['a JOIN with bytes after its end', `01 01 ${'aa'.repeat(32)} 00 01 01 00`],
    ['an empty hello', '04 00 00'],
    ['a hello beyond the limit', `04 00 8108 ${'01'.repeat(1025)}`],
    ['a hello of an absurd size', '04 00 ffffffffffffffffff7f'],
    ['a SIGNAL cut within its destination', `02 ${'bb'.repeat(15)}`],
    ['a SIGNAL without payload', `02 ${'bb'.repeat(16)}`],
    ['a SIGNAL beyond the limit', `02 ${'bb'.repeat(16)} ${'00'.repeat(MAX_SIGNAL_BYTES + 1)}`],
    ['an ASK with nine ids', `03 09 ${'bb'.repeat(16 * 9)}`],
    ['an ASK with fewer ids than it says', `03 02 ${'bb'.repeat(16)}`],
    ['a PONG with a body', '05 00'],
    ['more bytes than any frame has', fill(MAX_SERVER_FRAME_BYTES + 1, 5)],
  ]
  it.each(refused)('C2, C5: refuses %s', (_name, bytes) => {
    expect(() => decodeClientFrame(typeof bytes === 'string' ? unhex(bytes) : bytes)).toThrow(DecodeError)
  })

  it('does not read beyond its view into the buffer below it', () => {
    const whole = encodeClientFrame({ type: 'join', topic, bot: false, full: false, hello: fill(8, 1) })
    expect(() => decodeClientFrame(whole.subarray(0, whole.length - 1))).toThrow(DecodeError)
  })
})

describe('decodeServerFrame', () => {
  it('S22: reads no further than the version of a WELCOME that is not of ours', () => {
    expect(decodeServerFrame(unhex('81 07 00'))).toEqual({ type: 'other-version', version: 7 })
  })

  const refused: [string, string][] = [
    ['no bytes', ''],
    ['a type of the client', '01'],
    ['a WELCOME cut before its introductions', `81 01 ${'bb'.repeat(16)}`],
    ['four introductions', `85 00 04 ${`${'bb'.repeat(16)} 00 01 00`.repeat(4)}`],
    ['introductions to an empty room', `85 01 01 ${'bb'.repeat(16)} 00 01 00`],
    ['an emptiness that is neither 0 nor 1', '85 02 00'],
    ['a GONE cut short', `84 ${'bb'.repeat(15)}`],
    ['a PING with a body', '86 00'],
    ['a DRAIN of three bytes', '87 010203'],
  ]
  it.each(refused)('C2, C5: refuses %s', (_name, bytes) => {
    expect(() => decodeServerFrame(unhex(bytes))).toThrow(DecodeError)
  })
})

describe('encoding', () => {
  const presence = { bot: false, full: false, hello: fill(1, 1) }
  const refused: [string, () => unknown][] = [
    ['a topic of 31 bytes', () => encodeClientFrame({ type: 'join', topic: fill(31, 0), ...presence })],
    ['an empty hello', () => encodeClientFrame({ type: 'update', ...presence, hello: fill(0, 0) })],
    ['a hello beyond the limit', () => encodeClientFrame({ type: 'update', ...presence, hello: fill(1025, 0) })],
    ['an empty payload', () => encodeClientFrame({ type: 'signal', connection: id, payload: fill(0, 0) })],
    [
      'a payload beyond the limit',
      () => encodeServerFrame({ type: 'signal', connection: id, payload: fill(MAX_SIGNAL_BYTES + 1, 0) }),
    ],
    ['a connection id of 17 bytes', () => encodeServerFrame({ type: 'gone', connection: fill(17, 0) })],
    ['nine ids in an ASK', () => encodeClientFrame({ type: 'ask', tried: Array(9).fill(id) as Uint8Array[] })],
    [
      'four introductions',
      () =>
        encodeServerFrame({
          type: 'introductions',
          empty: false,
          introductions: Array(4).fill(introduction) as Introduction[],
        }),
    ],
    [
      'introductions to an empty room',
      () => encodeServerFrame({ type: 'introductions', empty: true, introductions: [introduction] }),
    ],
    ['a time that is no whole number', () => encodeServerFrame({ type: 'drain', reconnectInMs: 0.5 })],
  ]
  it.each(refused)('refuses %s', (_name, encode) => {
    expect(encode).toThrow(RangeError)
  })
})
