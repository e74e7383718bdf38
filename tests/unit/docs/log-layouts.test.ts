import { describe, expect, it } from 'vitest'
import {
  loadSodium,
  logBindingOf,
  logCapabilityOf,
  logIdOf,
  logLockOf,
  verifyLogHead,
} from '../../../sdk/crypto/index.js'
import { kdf } from '../../../sdk/crypto/kdf.js'
import { defaultSeedOf, listSeedOf, namedSeedOf } from '../../../sdk/crypto/store.js'
import { Log, Store } from '../../../sdk/log/index.js'
import { storeListEntry } from '../../../sdk/log/layout.js'
import { createStorage } from '../../../sdk/log/storage.js'
import { MemoryPlace } from '../../../sdk/platform/block-storage.memory.js'
import { encodeLogFork } from '../../../sdk/protocol/log-fork.js'
import { decodeLogFrame, encodeLogFrame, type LogFrame } from '../../../sdk/protocol/log-frames.js'
import { decodeLogHead, encodeLogHeadBody } from '../../../sdk/protocol/log-head.js'
import { decodeLogHello, encodeLogHello, logStreamName, parseLogStreamName } from '../../../sdk/protocol/log-hello.js'
import { encodeLogPresence } from '../../../sdk/protocol/log-presence.js'
import { decodeLogRecord, encodeLogRecord } from '../../../sdk/protocol/log-record.js'
import { encodeLogTile } from '../../../sdk/protocol/log-tile.js'
import { encodeLogWriter } from '../../../sdk/protocol/log-writer.js'
import { decodeSharedEntry, encodeSharedEntry, type SharedEntry } from '../../../sdk/protocol/shared-entry.js'
import { encodeStoreEntry } from '../../../sdk/protocol/store-entry.js'
import { decodeStoreList, encodeStoreListBody } from '../../../sdk/protocol/store-list.js'
import { encodeStoreRecord } from '../../../sdk/protocol/store-record.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'

/** Bytes written out by PROTOCOL.md, without help of the code. Spaces part the fields. */
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
const fill = (size: number, value: number): Uint8Array => new Uint8Array(size).fill(value)
const many = (size: number, value: string): string => value.repeat(size)
const sodium = await loadSodium()

describe('what logs sign and store, byte for byte', () => {
  it('J3: HEAD', () => {
    const bytes = unhex(`01 ${many(32, '11')} 0500000001000000 ${many(32, '22')} ${many(64, '33')}`)
    const head = { key: fill(32, 0x11), size: 2 ** 32 + 5, root: fill(32, 0x22) }
    expect(encodeLogHeadBody(head)).toEqual(bytes.subarray(0, 73))
    expect(decodeLogHead(bytes)).toEqual({ ...head, signature: fill(64, 0x33), body: bytes.subarray(0, 73) })
    expect(verifyLogHead(sodium, bytes)).toBeNull()
  })

  it('J5: the log id, and J8: the lock', () => {
    const logKey = fill(32, 0x11)
    expect(logIdOf(sodium, logKey)).toEqual(kdf(sodium, null, 'log-id', logKey))
    expect(logLockOf(sodium, fill(32, 5), logKey)).toEqual(kdf(sodium, fill(32, 5), 'log-lock', logKey))
  })

  it('J7: RECORD', () => {
    // Blocks 2, 3 and 4: leaves 2 and 3 make a node, and those with 0 and 1 another; block 3 is not here.
    const bytes = unhex(`01 03 0200000000000000 0900000001000000 0200 0300 0000 05
      ${many(32, 'a0')} ${many(32, 'a1')} ${many(32, 'a2')} ${many(32, 'a3')} ${many(32, 'a4')} c0c1`)
    const record = {
      first: 2,
      offset: 2 ** 32 + 9,
      lengths: [2, 3, 0],
      blocks: [unhex('c0c1'), null, new Uint8Array()],
      nodes: [0xa0, 0xa1, 0xa2, 0xa3, 0xa4].map((value) => fill(32, value)),
    }
    expect(encodeLogRecord(record)).toEqual(bytes)
    expect(decodeLogRecord(bytes)).toEqual(record)
  })

  it('J8: WRITER', () => {
    expect(encodeLogWriter({ seed: fill(32, 7), lock: null, isRestored: false })).toEqual(
      unhex(`01 00 ${many(32, '07')}`),
    )
    expect(encodeLogWriter({ seed: fill(32, 7), lock: null, isRestored: true })).toEqual(
      unhex(`01 02 ${many(32, '07')}`),
    )
    const locked = unhex(`01 01 ${many(32, '07')} ${many(32, '08')}`)
    expect(encodeLogWriter({ seed: fill(32, 7), lock: fill(32, 8), isRestored: false })).toEqual(locked)
  })

  it('J9: FORK', () => {
    const fork = { older: fill(137, 1), newer: fill(137, 2), hashes: [fill(32, 3), fill(32, 4)] }
    const bytes = unhex(`${many(137, '01')} ${many(137, '02')} 02 ${many(32, '03')} ${many(32, '04')}`)
    expect(encodeLogFork(fork)).toEqual(bytes)
  })

  it('J7: RECORD that does not know what is before it', () => {
    const bytes = unhex(`02 01 0000000000000000 0100 01 ${many(32, 'a0')} c0`)
    const record = { first: 0, offset: null, lengths: [1], blocks: [unhex('c0')], nodes: [fill(32, 0xa0)] }
    expect(encodeLogRecord(record)).toEqual(bytes)
    expect(decodeLogRecord(bytes)).toEqual(record)
  })

  it('J12: TILE', () => {
    const tile = new Map([
      [64, fill(32, 2)],
      [1, fill(32, 1)],
    ])
    expect(encodeLogTile(tile)).toEqual(
      unhex(`01 02${many(7, '00')} 01${many(7, '00')} ${many(32, '01')} ${many(32, '02')}`),
    )
  })

  it('J13: PRESENCE', () => {
    const bits = new Uint8Array(4_096)
    bits[1] = 0x81
    expect(encodeLogPresence({ bytes: 2 ** 32 + 7, bits })).toEqual(unhex('01 0700000001000000 0081'))
  })

  it('J14: the capability, and J21: the binding', () => {
    const [key, binding] = [fill(32, 0x11), fill(32, 9)]
    expect(logCapabilityOf(sodium, key, binding, true)).toEqual(kdf(sodium, key, 'log-cap', binding, fill(1, 0)))
    const ends = [
      { nonce: fill(32, 1), name: 'a' },
      { nonce: fill(32, 2), name: '' },
    ] as const
    const parts = [fill(32, 1), fill(32, 2), encodeUtf8('a'), new Uint8Array()]
    expect(logBindingOf(sodium, ...ends)).toEqual(kdf(sodium, null, 'log-link', ...parts))
    expect(logCapabilityOf(sodium, key, binding, false)).toEqual(kdf(sodium, key, 'log-cap', binding, fill(1, 1)))
  })

  it.each<[string, string, LogFrame]>([
    [
      'J14: OPEN',
      `01 ${many(32, '11')} ${many(32, '22')}`,
      { type: 'open', logId: fill(32, 0x11), capability: fill(32, 0x22) },
    ],
    ['J15: HEAD', `02 ${many(137, '33')}`, { type: 'head', head: fill(137, 0x33) }],
    ['J15: HAVE', '03 8002 0a ff03', { type: 'have', start: 256, count: 10, bits: unhex('ff03') }],
    ['J15: HAVE of all', '03 00 ac02', { type: 'have', start: 0, count: 300, bits: null }],
    ['J17: REQ', '04 05 40 02 ac02', { type: 'req', id: 5, start: 64, count: 2, size: 300 }],
    ['J18: CANCEL', '05 05', { type: 'cancel', id: 5 }],
    [
      'J17: DATA',
      `06 05 01 40 02c0c1 01 ${many(32, '44')} 00 00`,
      {
        type: 'data',
        id: 5,
        isLast: true,
        first: 64,
        blocks: [
          { block: unhex('c0c1'), proof: [fill(32, 0x44)] },
          { block: new Uint8Array(), proof: [] },
        ],
      },
    ],
    ['J16: ASK', '07 06 00', { type: 'ask', id: 6, from: 0 }],
    [
      'J16: UP',
      `08 06 ${many(137, '33')} 01 ${many(32, '44')}`,
      { type: 'up', id: 6, head: fill(137, 0x33), nodes: [fill(32, 0x44)] },
    ],
    ['J18: NODATA', '09 06', { type: 'nodata', id: 6 }],
    ['J20: FORK', '0a 0102', { type: 'fork', evidence: unhex('0102') }],
    ['J22: EXT', '0b 02 6869 0708', { type: 'ext', name: 'hi', payload: unhex('0708') }],
    ['J23: KEEP', '0c 07 ac02 03', { type: 'keep', id: 7, start: 300, count: 3 }],
    ['J23: KEPT', '0d 07', { type: 'kept', id: 7 }],
    ['J19: CHECK', '0e', { type: 'check' }],
  ])('%s', (_what, text, frame) => {
    expect(encodeLogFrame(frame)).toEqual(unhex(text))
    expect(decodeLogFrame(unhex(text))).toEqual(frame)
  })

  it('J24: HELLO, and J25: the name of a stream', () => {
    const hello = { isAnswer: true, instance: 300, keys: [fill(32, 0x11), fill(32, 0x22)] }
    expect(encodeLogHello(hello)).toEqual(unhex(`01 01 ac02 ${many(32, '11')} ${many(32, '22')}`))
    expect(decodeLogHello(encodeLogHello(hello))).toEqual(hello)
    expect([logStreamName(7, 12), parseLogStreamName('7 12')]).toEqual(['7 12', { from: 7, to: 12 }])
    for (const name of ['', '7', '07 12', '7 -1', '7 12 ', '1e3 7']) expect(parseLogStreamName(name)).toBeNull()
  })

  it.each<[string, string, SharedEntry]>([
    ['a value', '01 01 00 aabb', { seen: [], action: { type: 'value', value: unhex('aabb') } }],
    [
      'who lets in',
      `01 02 01 ${many(32, '11')} ac02 ${many(32, '22')}`,
      {
        seen: [{ key: fill(32, 0x11), length: 300 }],
        action: { type: 'authorize', key: fill(32, 0x22), isAdmin: false },
      },
    ],
    [
      'who lets in an admin',
      `01 03 00 ${many(32, '22')}`,
      { seen: [], action: { type: 'authorize', key: fill(32, 0x22), isAdmin: true } },
    ],
    [
      'who revokes',
      `01 04 00 ${many(32, '22')} 07`,
      { seen: [], action: { type: 'revoke', key: fill(32, 0x22), length: 7 } },
    ],
  ])('J40: an entry of a shared log: %s', (_what, text, entry) => {
    expect(encodeSharedEntry(entry)).toEqual(unhex(text))
    expect(decodeSharedEntry(unhex(text))).toEqual(entry)
  })

  it('J26: the seeds of the logs of a store', () => {
    const seed = fill(32, 5)
    expect(defaultSeedOf(sodium, seed)).toEqual(kdf(sodium, seed, 'store-default'))
    expect(listSeedOf(sodium, seed)).toEqual(kdf(sodium, seed, 'store-list'))
    const parts = ['x', 'caf\u00e9'].map(encodeUtf8)
    expect(namedSeedOf(sodium, seed, ['x'], 'caf\u00e9')).toEqual(kdf(sodium, seed, 'store-log', ...parts))
  })

  it('J27: an entry of the list of a store', () => {
    const key = fill(32, 0)
    const named = `{"namespace":["x"],"name":"caf\u00e9","key":"${'A'.repeat(43)}"}`
    expect(encodeStoreEntry({ namespace: ['x'], name: 'caf\u00e9', key })).toEqual(encodeUtf8(named))
    const bare = `{"namespace":[],"key":"${'A'.repeat(43)}"}`
    expect(encodeStoreEntry({ namespace: [], name: null, key })).toEqual(encodeUtf8(bare))
  })

  it('J28: LIST', () => {
    const bytes = unhex(`01 ${many(32, '11')} ${many(64, '33')}`)
    expect(encodeStoreListBody(fill(32, 0x11))).toEqual(bytes.subarray(0, 33))
    const list = { listKey: fill(32, 0x11), body: bytes.subarray(0, 33), signature: fill(64, 0x33) }
    expect(decodeStoreList(bytes)).toEqual(list)
  })

  it('J30: STORE', () => {
    expect(encodeStoreRecord({ seed: fill(32, 7), isRestored: false })).toEqual(unhex(`01 00 ${many(32, '07')}`))
    expect(encodeStoreRecord({ seed: fill(32, 7), isRestored: true })).toEqual(unhex(`01 01 ${many(32, '07')}`))
  })

  it('keys of a storage that has stores', async () => {
    const place = new MemoryPlace()
    const store = new Store('caf\u00e9', { storage: createStorage(null, () => Promise.resolve(place.open())) })
    await store.ready()
    await store.close()
    const key = Buffer.from(store.key ?? []).toString('hex')
    expect(Buffer.from(storeListEntry(store.key ?? new Uint8Array())).toString('hex')).toBe(`0a${key}`)
    const storage = place.open()
    const entries = await storage.range(Uint8Array.of(8), Uint8Array.of(255), 100)
    await storage.close()
    expect(entries.map((entry) => entry.key)).toEqual([
      unhex(`08 ${Buffer.from(encodeUtf8('caf\u00e9')).toString('hex')}`),
      unhex(`09 ${key}`),
    ])
    expect(Buffer.from(entries[0]?.value ?? []).toString('hex')).toBe(key)
  })

  it('keys of a storage', async () => {
    const place = new MemoryPlace()
    const log = new Log('caf\u00e9', {
      valueEncoding: 'utf-8',
      storage: createStorage(null, () => Promise.resolve(place.open())),
    })
    await log.append(['a', 'b'])
    await log.append('c')
    const key = Buffer.from(log.key as Uint8Array).toString('hex')
    await log.close()
    const storage = place.open()
    const entries = await storage.range(Uint8Array.of(0), Uint8Array.of(255), 100)
    await storage.close()
    expect(entries.map((entry) => entry.key)).toEqual([
      unhex(`01 ${Buffer.from(encodeUtf8('caf\u00e9')).toString('hex')}`),
      unhex(`02 ${key}`),
      unhex(`03 ${key}`),
      unhex(`05 ${key} 0000000000000000`),
      unhex(`05 ${key} 0000000000000002`),
    ])
    expect(Buffer.from(entries[0]?.value ?? []).toString('hex')).toBe(key)
  })
})
