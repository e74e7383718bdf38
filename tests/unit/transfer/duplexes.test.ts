import { describe, expect, it } from 'vitest'
import { STREAM_KIND } from '../../../sdk/protocol/streams.js'
import { bytesOf, failureOf, pattern, settle, setup } from './setup.js'

const MIB = 1_048_576

const opened = async (options: { label?: string; signal?: AbortSignal } = {}) => {
  const world = setup('ada', 'bob')
  const [ada, bob] = world.members
  const mine = await ada.transfers.openDuplex('bob', options)
  const { duplex: theirs, ...event } = await bob.duplexes.next()
  return { ...world, ada, bob, mine, theirs, event }
}

describe('a duplex', () => {
  it('carries bytes both ways, of any size', async () => {
    const { mine, theirs, event, ada } = await opened({ label: 'shell' })
    expect(event).toEqual({ from: 'ada', label: 'shell' })
    expect([mine.to, mine.label, theirs.to, theirs.label]).toEqual(['bob', 'shell', 'ada', 'shell'])
    const bytes = pattern(3 * MIB + 5)
    const echoed = theirs.readable.pipeTo(theirs.writable)
    const writer = mine.writable.getWriter()
    const read = bytesOf(mine.readable)
    await writer.write(bytes.subarray(0, 1))
    await writer.write(new Uint8Array(0))
    await writer.write(bytes.subarray(1))
    await writer.close()
    expect(Buffer.compare(await read, bytes)).toBe(0)
    await Promise.all([echoed, mine.closed, theirs.closed])
    expect(ada.hub.openLanes(STREAM_KIND.DUPLEX)).toEqual([])
  })

  it('copies what is written', async () => {
    const { mine, theirs } = await opened()
    const writer = mine.writable.getWriter()
    const bytes = pattern(1_000)
    const copy = bytes.slice()
    await writer.write(bytes)
    bytes.fill(0)
    await writer.close()
    expect(await bytesOf(theirs.readable)).toEqual(copy)
  })

  it('makes its writer wait for its reader', async () => {
    const { mine, theirs, network } = await opened()
    const writer = mine.writable.getWriter()
    let written = 0
    const writing = (async () => {
      for (let i = 0; i < 64; i++) {
        await writer.write(new Uint8Array(262_144))
        written += 262_144
      }
      await writer.close()
    })()
    await settle(300)
    expect(written).toBeLessThan(6 * MIB)
    expect((await bytesOf(theirs.readable)).length).toBe(16 * MIB)
    await writing
    expect(network.mostHeld).toBeLessThan(3 * MIB)
  })

  it('is one of many on one link, of which one that is not read stops no other', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const duplexes = await Promise.all(Array.from({ length: 30 }, () => ada.transfers.openDuplex('bob')))
    for (const { writable } of duplexes) {
      const writer = writable.getWriter()
      void writer.write(pattern(4 * MIB)).then(() => writer.close())
    }
    const reading = bob.duplexes.all.slice(1).map(({ duplex }) => bytesOf(duplex.readable))
    for (const bytes of await Promise.all(reading)) expect(bytes.length).toBe(4 * MIB)
  })

  it('F7: is closed one way and goes on the other', async () => {
    const { mine, theirs } = await opened()
    await mine.writable.close()
    expect((await bytesOf(theirs.readable)).length).toBe(0)
    const writer = theirs.writable.getWriter()
    await writer.write(pattern(10))
    await writer.close()
    expect(await bytesOf(mine.readable)).toEqual(pattern(10))
    await Promise.all([mine.closed, theirs.closed])
  })

  it('F6, F7: that is aborted errors the other side, which reads nothing, and leaves the way back open', async () => {
    const { mine, theirs } = await opened()
    const writer = mine.writable.getWriter()
    const pending = writer.write(pattern(8 * MIB))
    pending.catch(() => undefined)
    await settle(100)
    await writer.abort('x'.repeat(600))
    await settle(10)
    const error = await failureOf(bytesOf(theirs.readable))
    expect(error).toMatchObject({ code: 'transfer-cancelled', by: 'them', reason: 'x'.repeat(512) })
    const back = theirs.writable.getWriter()
    await back.write(pattern(10))
    await back.close()
    expect(await bytesOf(mine.readable)).toEqual(pattern(10))
    await mine.closed
    expect(await failureOf(theirs.closed)).toMatchObject({ code: 'transfer-cancelled', by: 'them' })
  })

  it('that is read no more errors the writer of the other side', async () => {
    const { mine, theirs, bob } = await opened()
    const writer = theirs.writable.getWriter()
    const pending = writer.write(pattern(8 * MIB))
    pending.catch(() => undefined)
    await settle(100)
    await mine.readable.cancel('enough')
    const error = await failureOf(writer.closed)
    expect(error).toMatchObject({ code: 'transfer-cancelled', by: 'them', reason: 'enough' })
    await mine.writable.close()
    await mine.closed
    expect((await bytesOf(theirs.readable)).length).toBe(0)
    expect(await failureOf(theirs.closed)).toBe(error)
    await settle()
    expect(bob.hub.openLanes(STREAM_KIND.DUPLEX)).toEqual([])
  })

  it.each([
    ['after little was written', 10, false],
    ['after much was written', 8 * MIB, false],
    ['after it was closed', 0, true],
  ])('whose stream is refused %s fails at both sides, that way alone', async (_when, size, isClosed) => {
    const { mine, theirs, bob } = await opened()
    bob.hub.refusing.add(STREAM_KIND.DUPLEX)
    const writer = mine.writable.getWriter()
    const last = isClosed ? writer.close() : writer.write(pattern(size))
    last.catch(() => undefined)
    expect(await failureOf(writer.closed)).toMatchObject({ code: 'stream-refused' })
    const error = await failureOf(bytesOf(theirs.readable))
    expect(error).toMatchObject({ code: 'transfer-cancelled', by: 'them', reason: 'too many streams' })
    const back = theirs.writable.getWriter()
    await back.write(pattern(10))
    await back.close()
    expect(await bytesOf(mine.readable)).toEqual(pattern(10))
    expect(await failureOf(mine.closed)).toMatchObject({ code: 'stream-refused' })
    expect(await failureOf(theirs.closed)).toBe(error)
  })

  it('takes bytes alone', async () => {
    const { mine, theirs } = await opened()
    const writer = mine.writable.getWriter()
    await expect(writer.write('text' as never)).rejects.toThrow(TypeError)
    expect(await failureOf(bytesOf(theirs.readable))).toMatchObject({ code: 'transfer-cancelled' })
  })

  it('ends by its signal at both sides', async () => {
    const controller = new AbortController()
    const { mine, theirs } = await opened({ signal: controller.signal })
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await failureOf(mine.closed)).toBe(reason)
    expect(await failureOf(bytesOf(mine.readable))).toBe(reason)
    expect(await failureOf(mine.writable.getWriter().closed)).toBe(reason)
    await settle()
    const expected = { code: 'transfer-cancelled', by: 'them' }
    expect(await failureOf(bytesOf(theirs.readable))).toMatchObject(expected)
    expect(await failureOf(theirs.writable.getWriter().closed)).toMatchObject(expected)
    expect(await failureOf(theirs.closed)).toMatchObject(expected)
  })

  it('ends with the member that leaves, and with the group', async () => {
    const { network, mine, theirs, bob } = await opened()
    const writer = mine.writable.getWriter()
    const pending = writer.write(pattern(8 * MIB))
    pending.catch(() => undefined)
    await settle(100)
    network.leave('bob')
    bob.transfers.groupLeft()
    expect(await failureOf(bytesOf(mine.readable))).toMatchObject({ code: 'member-left' })
    expect(await failureOf(writer.closed)).toMatchObject({ code: 'member-left' })
    expect(await failureOf(mine.closed)).toMatchObject({ code: 'member-left' })
    expect(await failureOf(bytesOf(theirs.readable))).toMatchObject({ code: 'closed' })
    expect(await failureOf(theirs.writable.getWriter().closed)).toMatchObject({ code: 'closed' })
  })
})

describe('openDuplex', () => {
  it('F4: is refused where nobody listens', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    bob.listens.duplexes = false
    expect(await failureOf(ada.transfers.openDuplex('bob'))).toMatchObject({ code: 'duplex-refused' })
    bob.listens.duplexes = true
    await ada.transfers.openDuplex('bob')
  })

  it('F4: is refused beyond 128 that are open with a member, until one is over', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    for (let i = 0; i < 128; i++) await ada.transfers.openDuplex('bob')
    expect(await failureOf(ada.transfers.openDuplex('bob'))).toMatchObject({ code: 'duplex-refused' })
    const first = bob.duplexes.all[0]?.duplex
    await first?.readable.cancel()
    await first?.writable.abort()
    await ada.transfers.openDuplex('bob')
  })

  it('rejects while not joined, for who is not another member, and when that leaves first', async () => {
    const { network, members } = setup('ada', 'bob', 'cyd')
    const [ada, bob] = members
    expect(await failureOf(ada.transfers.openDuplex('zoe'))).toMatchObject({ code: 'member-unknown' })
    expect(await failureOf(ada.transfers.openDuplex('ada'))).toMatchObject({ code: 'member-unknown' })
    const opening = failureOf(ada.transfers.openDuplex('cyd'))
    network.leave('cyd')
    expect(await opening).toMatchObject({ code: 'member-left' })
    const closing = failureOf(ada.transfers.openDuplex('bob'))
    ada.transfers.groupLeft()
    expect(await closing).toMatchObject({ code: 'closed' })
    await settle()
    expect(bob.duplexes.all).toHaveLength(1)
    network.leave('ada')
    expect(await failureOf(ada.transfers.openDuplex('bob'))).toMatchObject({ code: 'not-joined' })
  })

  it('rejects with the reason of its signal, and then the other side hears of the end', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const reason = new Error('mine')
    expect(await failureOf(ada.transfers.openDuplex('bob', { signal: AbortSignal.abort(reason) }))).toBe(reason)
    const controller = new AbortController()
    const opening = failureOf(ada.transfers.openDuplex('bob', { signal: controller.signal }))
    controller.abort(reason)
    expect(await opening).toBe(reason)
    const { duplex } = await bob.duplexes.next()
    expect(await failureOf(duplex.closed)).toMatchObject({ code: 'transfer-cancelled', by: 'them' })
  })

  it.each([
    [TypeError, 5, {}],
    [TypeError, 'bob', null],
    [TypeError, 'bob', { labl: '' }],
    [TypeError, 'bob', { label: 5 }],
    [RangeError, 'bob', { label: 'ä'.repeat(33) }],
    [TypeError, 'bob', { signal: 5 }],
  ])('throws a %o for bad arguments (%#)', (type, to, options) => {
    const { members } = setup('ada', 'bob')
    const [ada] = members
    expect(() => ada.transfers.openDuplex(to as never, options as never)).toThrow(type)
  })
})
