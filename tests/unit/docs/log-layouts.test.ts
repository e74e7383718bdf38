import { describe, expect, it } from 'vitest'
import { loadSodium, logIdOf, logLockOf, verifyLogHead } from '../../../sdk/crypto/index.js'
import { kdf } from '../../../sdk/crypto/kdf.js'
import { Log } from '../../../sdk/log/index.js'
import { createStorage } from '../../../sdk/log/storage.js'
import { MemoryPlace } from '../../../sdk/platform/block-storage.memory.js'
import { encodeLogFork } from '../../../sdk/protocol/log-fork.js'
import { decodeLogHead, encodeLogHeadBody } from '../../../sdk/protocol/log-head.js'
import { decodeLogRecord, encodeLogRecord } from '../../../sdk/protocol/log-record.js'
import { encodeLogWriter } from '../../../sdk/protocol/log-writer.js'
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
    expect(encodeLogWriter({ seed: fill(32, 7), lock: null })).toEqual(unhex(`01 00 ${many(32, '07')}`))
    const locked = unhex(`01 01 ${many(32, '07')} ${many(32, '08')}`)
    expect(encodeLogWriter({ seed: fill(32, 7), lock: fill(32, 8) })).toEqual(locked)
  })

  it('J9: FORK', () => {
    const fork = { older: fill(137, 1), newer: fill(137, 2), hashes: [fill(32, 3), fill(32, 4)] }
    const bytes = unhex(`${many(137, '01')} ${many(137, '02')} 02 ${many(32, '03')} ${many(32, '04')}`)
    expect(encodeLogFork(fork)).toEqual(bytes)
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
