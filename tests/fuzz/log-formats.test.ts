import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../sdk/protocol/decode-error.js'
import { decodeLogFork, encodeLogFork } from '../../sdk/protocol/log-fork.js'
import { decodeLogHead, encodeLogHeadBody, LOG_HEAD_BYTES } from '../../sdk/protocol/log-head.js'
import { completeNodes } from '../../sdk/protocol/log-nodes.js'
import { decodeLogRecord, encodeLogRecord, type LogRecord } from '../../sdk/protocol/log-record.js'
import { decodeLogWriter, encodeLogWriter } from '../../sdk/protocol/log-writer.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import { logForks, logHeads, logRecords } from '../support/log-formats.js'

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
      fc.property(fc.record({ seed: bytes, lock: fc.option(bytes) }), (writer) => {
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
