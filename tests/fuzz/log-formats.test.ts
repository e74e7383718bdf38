import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../sdk/protocol/decode-error.js'
import { decodeLogFork, encodeLogFork } from '../../sdk/protocol/log-fork.js'
import { decodeLogFrame, encodeLogFrame } from '../../sdk/protocol/log-frames.js'
import { decodeLogHead, encodeLogHeadBody, LOG_HEAD_BYTES } from '../../sdk/protocol/log-head.js'
import { completeNodes } from '../../sdk/protocol/log-nodes.js'
import { decodeLogPresence, encodeLogPresence } from '../../sdk/protocol/log-presence.js'
import { decodeLogRecord, encodeLogRecord, type LogRecord } from '../../sdk/protocol/log-record.js'
import { decodeLogTile, encodeLogTile } from '../../sdk/protocol/log-tile.js'
import { decodeLogWriter, encodeLogWriter } from '../../sdk/protocol/log-writer.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import { logForks, logFrames, logHeads, logPresences, logRecords, logTiles } from '../support/log-formats.js'

const signature = new Uint8Array(64).fill(7)

describe('what a log stores and signs', () => {
  it('J3: a head is read as it was written, in 137 bytes', () => {
    expect(LOG_HEAD_BYTES).toBe(137)
    fc.assert(
      fc.property(logHeads, (head) => {
        const body = encodeLogHeadBody(head)
        const bytes = concatBytes(body, signature)
        expect(bytes).toHaveLength(LOG_HEAD_BYTES)
        expect(decodeLogHead(bytes)).toEqual({ ...head, signature, body })
      }),
    )
  })

  it('J7: a record is read as it was written', () => {
    fc.assert(
      fc.property(logRecords, (record) => {
        expect(decodeLogRecord(encodeLogRecord(record))).toEqual(record)
      }),
    )
  })

  it('J8: what makes a device the writer is read as it was written', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(fc.record({ seed: bytes, lock: fc.option(bytes), isRestored: fc.boolean() }), (writer) => {
        expect(decodeLogWriter(encodeLogWriter(writer))).toEqual(writer)
      }),
    )
  })

  it('J9: evidence of a fork is read as it was written', () => {
    fc.assert(
      fc.property(logForks, (fork) => {
        const { heads, ...decoded } = decodeLogFork(encodeLogFork(fork))
        expect(decoded).toEqual(fork)
        expect(heads).toEqual([decodeLogHead(fork.older), decodeLogHead(fork.newer)])
      }),
    )
  })
})

describe('what devices keep and say of the logs of others', () => {
  it('J12: a tile is read as it was written', () => {
    fc.assert(
      fc.property(logTiles, (tile) => {
        expect(decodeLogTile(encodeLogTile(tile))).toEqual(tile)
      }),
    )
  })

  it('J13: what is here is read as it was written', () => {
    fc.assert(
      fc.property(logPresences, (presence) => {
        const stored = encodeLogPresence(presence)
        expect(decodeLogPresence(stored)).toEqual(presence)
        expect(stored.length === 9 || stored.at(-1) !== 0).toBe(true)
      }),
    )
  })

  it('J14, J15, J16, J17, J18, J20: each frame is read as it was written', () => {
    fc.assert(
      fc.property(logFrames, (frame) => {
        expect(decodeLogFrame(encodeLogFrame(frame))).toEqual(frame)
      }),
    )
  })

  it('damaged and random bytes are refused as such, or read', () => {
    const readers = [decodeLogFrame, decodeLogTile, decodeLogPresence, decodeLogRecord]
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(logFrames.map(encodeLogFrame), fc.nat(), fc.nat(255), fc.nat()).map(([frame, at, byte, length]) => {
        const changed = frame.slice()
        changed[at % frame.length] = byte
        return changed.subarray(0, length % 3 === 0 ? length % frame.length : frame.length)
      }),
    )
    fc.assert(
      fc.property(damaged, (bytes) => {
        for (const read of readers) {
          try {
            read(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

const hashesOf = (count: number): Uint8Array[] => Array.from({ length: count }, () => new Uint8Array(32))
const answer = (blocks: number, length: number, proof: number) =>
  encodeLogFrame({
    type: 'data',
    id: 0,
    isLast: true,
    first: 0,
    blocks: Array.from({ length: blocks }, () => ({ block: new Uint8Array(length), proof: hashesOf(proof) })),
  })
const have = (start: number, count: number, bits: Uint8Array | null) =>
  encodeLogFrame({ type: 'have', start, count, bits })
const request = (start: number, count: number, size: number) =>
  encodeLogFrame({ type: 'req', id: 0, start, count, size })

describe('limits of what is said of logs', () => {
  it.each<[string, (isAtLimit: boolean) => unknown]>([
    ['an answer has at most 64 blocks', (ok) => decodeLogFrame(answer(ok ? 64 : 65, 1, 0))],
    ['an answer has blocks', (ok) => decodeLogFrame(answer(ok ? 1 : 0, 1, 0))],
    ['a block has at most 61,440 bytes', (ok) => decodeLogFrame(answer(1, ok ? 61_440 : 61_441, 0))],
    ['a proof has at most 40 hashes', (ok) => decodeLogFrame(answer(1, 1, ok ? 40 : 41))],
    [
      'growth has at most 120',
      (ok) => decodeLogFrame(encodeLogFrame({ type: 'up', id: 0, head: sized(1), nodes: hashesOf(ok ? 120 : 121) })),
    ],
    ['a request is for at most 64 blocks', (ok) => decodeLogFrame(request(0, ok ? 64 : 65, 100))],
    ['a request is for blocks', (ok) => decodeLogFrame(request(0, ok ? 1 : 0, 100))],
    ['a request is for blocks of the tree', (ok) => decodeLogFrame(request(90, 10, ok ? 100 : 99))],
    ['a request is within 2^40 blocks', (ok) => decodeLogFrame(request(2 ** 40 - (ok ? 64 : 63), 64, 2 ** 40))],
    [
      'a bitfield has at most 32,768 bits',
      (ok) => decodeLogFrame(have(0, ok ? 32_768 : 32_769, new Uint8Array(4_097).subarray(0, ok ? 4_096 : 4_097))),
    ],
    ['a bitfield has no bits beyond its last', (ok) => decodeLogFrame(have(0, 3, Uint8Array.of(ok ? 7 : 8)))],
    ['all of a log are at most 2^40 blocks', (ok) => decodeLogFrame(have(1, 2 ** 40 - (ok ? 1 : 0), null))],
    [
      'growth begins below 2^40 blocks',
      (ok) => decodeLogFrame(encodeLogFrame({ type: 'ask', id: 0, from: 2 ** 40 - (ok ? 1 : 0) })),
    ],
    [
      'a page has at most 4,096 bytes of bits',
      (ok) =>
        decodeLogPresence(concatBytes(Uint8Array.of(1), new Uint8Array(8), new Uint8Array(ok ? 4_096 : 4_097).fill(1))),
    ],
    ['a tile has 126 nodes', (ok) => decodeLogTile(encodeLogTile(new Map([[ok ? 125 : 126, new Uint8Array(32)]])))],
  ])('%s', (_rule, decode) => {
    expect(() => decode(true)).not.toThrow()
    expect(() => decode(false)).toThrow(DecodeError)
  })
})

const recordOf = (lengths: readonly number[], first = 0): LogRecord => ({
  first,
  offset: 0,
  lengths,
  blocks: lengths.map((length) => new Uint8Array(length)),
  nodes: Array.from({ length: completeNodes(first + lengths.length) - completeNodes(first) }, () => new Uint8Array(32)),
})
const head = { key: new Uint8Array(32), size: 1, root: new Uint8Array(32) }
const sized = (size: number): Uint8Array => concatBytes(encodeLogHeadBody({ ...head, size }), signature)

describe('limits of logs', () => {
  it.each<[string, (isAtLimit: boolean) => unknown]>([
    ['a head is of at least one block', (ok) => decodeLogHead(sized(ok ? 1 : 0))],
    ['a head is of at most 2^40 blocks', (ok) => decodeLogHead(sized(ok ? 2 ** 40 : 2 ** 40 + 1))],
    ['a record has blocks', (ok) => decodeLogRecord(encodeLogRecord(recordOf(ok ? [1] : [])))],
    [
      'a record has at most 64',
      (ok) => decodeLogRecord(encodeLogRecord(recordOf(Array<number>(ok ? 64 : 65).fill(1)))),
    ],
    ['a block has at most 61,440 bytes', (ok) => decodeLogRecord(encodeLogRecord(recordOf([ok ? 61_440 : 61_441])))],
    [
      'the blocks of a record have at most 256 KiB',
      (ok) => decodeLogRecord(encodeLogRecord(recordOf([...Array<number>(16).fill(16_384), ok ? 0 : 1]))),
    ],
    ['a record ends at 2^40 blocks', (ok) => decodeLogRecord(encodeLogRecord(recordOf([1], 2 ** 40 - (ok ? 1 : 0))))],
    [
      'evidence of a fork has 66 hashes at most',
      (ok) => {
        const hashes = Array.from({ length: ok ? 66 : 67 }, () => new Uint8Array(32))
        return decodeLogFork(encodeLogFork({ older: sized(1), newer: sized(2), hashes }))
      },
    ],
    [
      'evidence of a fork names the older head first',
      (ok) => {
        const [one, two] = [sized(1), sized(2)]
        const hashes = [new Uint8Array(32)]
        return decodeLogFork(
          encodeLogFork(ok ? { older: one, newer: two, hashes } : { older: two, newer: one, hashes }),
        )
      },
    ],
    [
      'evidence of two heads of one size has no proof',
      (ok) =>
        decodeLogFork(encodeLogFork({ older: sized(2), newer: sized(2), hashes: ok ? [] : [new Uint8Array(32)] })),
    ],
  ])('%s', (_rule, decode) => {
    expect(() => decode(true)).not.toThrow()
    expect(() => decode(false)).toThrow(DecodeError)
  })
})
