import * as fake from 'fake-indexeddb'
import { open, type RootDatabase } from 'lmdb'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { openBlocks as openDatabase } from '../../sdk/platform/block-storage.browser.js'
import { openBlocks as openFolder } from '../../sdk/platform/block-storage.node.js'

vi.mock('lmdb', async (load) => {
  const lmdb = await load<{ open: typeof open }>()
  return { ...lmdb, open: vi.fn(lmdb.open) }
})

const change = { key: Uint8Array.of(1), value: Uint8Array.of(2) }

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

it('a strict write to LMDB resolves once it is on the disk, and a relaxed one does not wait for that', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-blocks-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const storage = await openFolder(folder)
  const db = vi.mocked(open).mock.results.at(-1)?.value as RootDatabase
  let flush: () => void = () => undefined
  const flushed = new Promise<void>((resolve) => (flush = resolve))
  Object.defineProperty(db, 'flushed', { get: () => flushed })
  await storage.write([change], { durability: 'relaxed' })
  let isDone = false
  const writing = storage.write([change], { durability: 'strict' }).then(() => (isDone = true))
  // Behind it, and committed.
  await storage.write([change], { durability: 'relaxed' })
  expect(isDone).toBe(false)
  flush()
  await writing
  await storage.close()
})

it.each(['strict', 'relaxed'] as const)('a %s write to IndexedDB asks the browser for that', async (durability) => {
  for (const [name, value] of Object.entries(fake)) vi.stubGlobal(name, value)
  vi.stubGlobal('indexedDB', new fake.IDBFactory())
  const storage = await openDatabase()
  const begun = vi.spyOn(fake.IDBDatabase.prototype, 'transaction')
  await storage.write([change], { durability })
  expect(begun.mock.calls).toEqual([['entries', 'readwrite', { durability }]])
  await storage.close()
})
