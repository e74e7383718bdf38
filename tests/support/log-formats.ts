import fc, { type Arbitrary } from 'fast-check'
import type { LogHello } from '../../sdk/protocol/log-hello.js'
import type { LogFrame } from '../../sdk/protocol/log-frames.js'
import type { LogFork } from '../../sdk/protocol/log-fork.js'
import { encodeLogHeadBody, type LogHead } from '../../sdk/protocol/log-head.js'
import { completeNodes } from '../../sdk/protocol/log-nodes.js'
import type { LogPresence } from '../../sdk/protocol/log-presence.js'
import type { LogRecord } from '../../sdk/protocol/log-record.js'
import { TILE_NODES, type LogTile } from '../../sdk/protocol/log-tile.js'
import type { SharedEntry } from '../../sdk/protocol/shared-entry.js'
import type { StoreLog } from '../../sdk/protocol/store-entry.js'
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
  .tuple(
    first,
    fc.option(fc.maxSafeNat()),
    fc.array(fc.tuple(block, fc.boolean()), { minLength: 1, maxLength: 64 }),
    bytes(1),
  )
  .map(([start, offset, content, filling]) => ({
    first: start,
    offset,
    lengths: content.map(([each]) => each.length),
    blocks: content.map(([each, isHere]) => (isHere ? each : null)),
    nodes: Array.from({ length: completeNodes(start + content.length) - completeNodes(start) }, (_, index) =>
      new Uint8Array(32).fill(index ^ (filling[0] as number)),
    ),
  }))

export const logTiles: Arbitrary<LogTile> = fc
  .uniqueArray(fc.nat(TILE_NODES - 1), { maxLength: TILE_NODES })
  .map((places) => new Map(places.sort((a, b) => a - b).map((place) => [place, new Uint8Array(32).fill(place)])))

export const logPresences: Arbitrary<LogPresence> = fc
  .tuple(fc.maxSafeNat(), fc.uint8Array({ maxLength: 4_096 }))
  .map(([total, some]) => ({ bytes: total, bits: some.slice(0, some.findLastIndex((byte) => byte !== 0) + 1) }))

const id = fc.maxSafeNat()
const hashes = (most: number): Arbitrary<Uint8Array[]> => fc.array(bytes(32), { maxLength: most })
const place = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 40 - 64 }))

const haves: Arbitrary<LogFrame> = fc
  .tuple(place, fc.integer({ min: 1, max: 64 }), fc.boolean())
  .chain(([start, count, isAll]) =>
    (isAll ? fc.constant(null) : bytes(Math.ceil(count / 8))).map((bits) => {
      const beyond = count & 7
      if (bits !== null && beyond !== 0) bits[bits.length - 1] = (bits.at(-1) as number) & ((1 << beyond) - 1)
      return { type: 'have', start, count, bits }
    }),
  )

export const logFrames: Arbitrary<LogFrame> = fc.oneof(
  haves,
  fc.record({ type: fc.constant('open' as const), logId: bytes(32), capability: bytes(32) }),
  fc.record({ type: fc.constant('head' as const), head: bytes(137) }),
  fc
    .tuple(id, place, fc.integer({ min: 1, max: 64 }))
    .map(([number, start, count]) => ({ type: 'req' as const, id: number, start, count, size: start + count })),
  fc.record({ type: fc.constantFrom('cancel' as const, 'nodata' as const, 'kept' as const), id }),
  fc.constant({ type: 'check' as const }),
  fc
    .tuple(id, place, fc.integer({ min: 1, max: 64 }))
    .map(([number, start, count]) => ({ type: 'keep' as const, id: number, start, count })),
  fc.record({
    type: fc.constant('ext' as const),
    name: fc.string({ minLength: 1, maxLength: 64 }),
    payload: fc.uint8Array({ maxLength: 16_384 }),
  }),
  fc.record({
    type: fc.constant('data' as const),
    id,
    isLast: fc.boolean(),
    first: place,
    blocks: fc.array(fc.record({ block, proof: hashes(40) }), { minLength: 1, maxLength: 64 }),
  }),
  fc.record({ type: fc.constant('ask' as const), id, from: place }),
  fc.record({ type: fc.constant('up' as const), id, head: bytes(137), nodes: hashes(120) }),
  fc.record({ type: fc.constant('fork' as const), evidence: bytes(300) }),
)

export const logHellos: Arbitrary<LogHello> = fc.record({
  isAnswer: fc.boolean(),
  instance: fc.maxSafeNat(),
  keys: fc.array(bytes(32), { maxLength: 20 }),
})

export const sharedEntries: Arbitrary<SharedEntry> = fc.record({
  seen: fc.array(fc.record({ key: bytes(32), length: fc.integer({ min: 1, max: 2 ** 40 }) }), { maxLength: 5 }),
  action: fc.oneof(
    fc.record({ type: fc.constant('value' as const), value: fc.uint8Array({ maxLength: 200 }) }),
    fc.record({ type: fc.constant('authorize' as const), key: bytes(32), isAdmin: fc.boolean() }),
    fc.record({ type: fc.constant('revoke' as const), key: bytes(32), length: fc.nat(2 ** 30) }),
  ),
})

const storeName = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 64 })
  .map((text) => text.normalize('NFC'))
  .filter(({ length }) => length >= 1 && length <= 64)

export const storeLogs: Arbitrary<StoreLog> = fc.record({
  namespace: fc.array(storeName, { maxLength: 8 }),
  name: fc.option(storeName),
  key: bytes(32),
})
