import fc, { type Arbitrary } from 'fast-check'
import type { LogFork } from '../../sdk/protocol/log-fork.js'
import { encodeLogHeadBody, type LogHead } from '../../sdk/protocol/log-head.js'
import { completeNodes } from '../../sdk/protocol/log-nodes.js'
import type { LogRecord } from '../../sdk/protocol/log-record.js'
import { concatBytes } from '../../sdk/util/bytes.js'

const bytes = (size: number): Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size })

export const logHeads: Arbitrary<LogHead> = fc.record({
  key: bytes(32),
  size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 40 })),
  root: bytes(32),
})

const signed = (head: LogHead, signature: Uint8Array): Uint8Array => concatBytes(encodeLogHeadBody(head), signature)

export const logForks: Arbitrary<LogFork> = fc
  .tuple(logHeads, logHeads, bytes(64), fc.array(bytes(32), { minLength: 1, maxLength: 66 }))
  .map(([one, other, signature, hashes]) => {
    const [older, newer] = one.size <= other.size ? [one, other] : [other, one]
    return {
      older: signed(older, signature),
      newer: signed(newer, signature),
      hashes: older.size === newer.size ? [] : hashes,
    }
  })

const block = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: bytes(4_000) },
)
const first = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 40 - 64 }))

export const logRecords: Arbitrary<LogRecord> = fc
  .tuple(first, fc.maxSafeNat(), fc.array(fc.tuple(block, fc.boolean()), { minLength: 1, maxLength: 64 }), bytes(1))
  .map(([start, offset, content, filling]) => ({
    first: start,
    offset,
    lengths: content.map(([each]) => each.length),
    blocks: content.map(([each, isHere]) => (isHere ? each : null)),
    nodes: Array.from({ length: completeNodes(start + content.length) - completeNodes(start) }, (_, index) =>
      new Uint8Array(32).fill(index ^ (filling[0] as number)),
    ),
  }))
