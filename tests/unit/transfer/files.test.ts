import { describe, expect, it, vi } from 'vitest'
import { STREAM_KIND } from '../../../sdk/protocol/streams.js'
import type { TransferProgress } from '../../../sdk/transfer/progress.js'
import { bytesOf, failureOf, pattern, settle, setup, streamOf } from './setup.js'

const MIB = 1_048_576

describe('a file', () => {
  it.each([0, 1, 64_511, 64_512, 64_513, 3 * MIB + 7])('of %i bytes arrives as it was sent', async (size) => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const bytes = pattern(size)
    const transfer = ada.transfers.sendFile(new Blob([bytes], { type: 'Image/PNG' }), {
      to: 'bob',
      name: 'cat.png',
      metadata: { width: 3 },
    })
    const offer = await bob.offers.next()
    expect(offer).toMatchObject({
      id: transfer.id,
      resumeId: transfer.resumeId,
      from: 'ada',
      name: 'cat.png',
      size,
      type: 'image/png',
      metadata: { width: 3 },
    })
    const incoming = await offer.accept()
    const blob = await incoming.blob()
    expect(blob.type).toBe('image/png')
    expect(Buffer.compare(Buffer.from(await blob.arrayBuffer()), Buffer.from(bytes))).toBe(0)
    await incoming.done
    expect(await transfer).toEqual({ delivered: ['bob'], failed: [] })
    expect(transfer.progress.bytes).toBe(size)
    expect(ada.openHashes() + bob.openHashes()).toBe(0)
    expect(ada.hub.openLanes(STREAM_KIND.FILE)).toEqual([])
  })

  it('is sent from a File, with its name and type, from bytes and from a stream', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const bytes = pattern(200_000)
    const sources = [
      new File([bytes], 'notes.txt', { type: 'text/plain' }),
      bytes,
      streamOf(bytes.subarray(0, 5), new Uint8Array(0), bytes.subarray(5)),
    ]
    const seen = []
    for (const source of sources) {
      const transfer = ada.transfers.sendFile(source, { to: 'bob' })
      const offer = await bob.offers.next()
      seen.push([offer.name, offer.type, offer.size])
      expect(Buffer.compare(await bytesOf((await offer.accept()).stream), bytes)).toBe(0)
      await transfer
    }
    expect(seen).toEqual([
      ['notes.txt', 'text/plain', 200_000],
      ['file', '', 200_000],
      ['file', '', null],
    ])
  })

  it('of bytes that change meanwhile is checked against what was read', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const bytes = pattern(500_000)
    const transfer = ada.transfers.sendFile(bytes, { to: 'bob' })
    const incoming = await (await bob.offers.next()).accept()
    await settle()
    bytes.fill(0)
    await incoming.blob()
    expect((await transfer).delivered).toEqual(['bob'])
  })

  it('of 256 MiB is held a few windows at most at either end, whoever reads slowly', async () => {
    const { network, members } = setup('ada', 'bob')
    const [ada, bob] = members
    const size = 256 * MIB
    let made = 0
    let read = 0
    let most = 0
    const source = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const next = Math.min(262_144, size - made)
          made += next
          most = Math.max(most, made - read)
          if (next === 0) controller.close()
          else controller.enqueue(new Uint8Array(next).fill(made & 0xff))
        },
      },
      { highWaterMark: 0 },
    )
    const transfer = ada.transfers.sendFile(source, { to: 'bob', size })
    const incoming = await (await bob.offers.next()).accept()
    await settle(200)
    // Nobody has read anything yet: it stands still.
    expect(made).toBeLessThan(6 * MIB)
    for await (const chunk of incoming.stream) {
      read += chunk.length
      if (read % (64 * 64_512) === 0) await settle(2)
    }
    expect(read).toBe(size)
    expect(await transfer).toEqual({ delivered: ['bob'], failed: [] })
    expect(most).toBeLessThan(6 * MIB)
    expect(network.mostHeld).toBeLessThan(3 * MIB)
  })

  it('waits for a reader that never reads, and lets others pass', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const stuck = ada.transfers.sendFile(pattern(8 * MIB), { to: 'bob' })
    const unread = await (await bob.offers.next()).accept()
    await settle(300)
    const quick = ada.transfers.sendFile(pattern(4 * MIB), { to: 'bob' })
    await (await (await bob.offers.next()).accept()).blob()
    expect((await quick).delivered).toEqual(['bob'])
    expect(unread.progress.bytes).toBeLessThan(4 * MIB)
    await unread.blob()
    expect((await stuck).delivered).toEqual(['bob'])
  })

  it('goes both ways at once, many at a time', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const files = Array.from({ length: 20 }, (_, i) => pattern(100_000 + i))
    const sent = files.flatMap((file) => [
      ada.transfers.sendFile(file, { to: 'bob' }),
      bob.transfers.sendFile(file, { to: 'ada' }),
    ])
    for (let i = 0; i < files.length; i++) {
      for (const member of [ada, bob]) {
        const offer = await member.offers.next()
        void offer.accept().then((incoming) => incoming.blob())
      }
    }
    const reports = await Promise.all(sent)
    expect(reports.every(({ failed }) => failed.length === 0)).toBe(true)
  })
})

describe('an offer', () => {
  it('F4: is declined at once where nobody listens', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    bob.listens.files = false
    const error = await failureOf(ada.transfers.sendFile(pattern(1), { to: 'bob' }))
    expect(error).toMatchObject({ code: 'file-declined' })
    expect(bob.offers.all).toEqual([])
  })

  it('is declined with a reason, which is cut to 512 bytes at a character', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const failure = failureOf(ada.transfers.sendFile(pattern(1), { to: 'bob' }))
    const offer = await bob.offers.next()
    offer.reject('ä'.repeat(300) + 'x')
    offer.reject('again')
    expect(await failure).toMatchObject({ code: 'file-declined', reason: 'ä'.repeat(256) })
    await expect(offer.accept()).rejects.toMatchObject({ code: 'transfer-cancelled', by: 'me' })
  })

  it('F6: stands until its sender withdraws it', async () => {
    const { members, advance } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(pattern(1), { to: 'bob' })
    const offer = await bob.offers.next()
    advance(86_400_000)
    await settle()
    expect(offer.signal.aborted).toBe(false)
    transfer.cancel('changed my mind')
    expect(await failureOf(transfer)).toMatchObject({ code: 'transfer-cancelled', by: 'me' })
    await settle()
    expect(offer.signal.aborted).toBe(true)
    await expect(offer.accept()).rejects.toMatchObject({
      code: 'transfer-cancelled',
      by: 'them',
      reason: 'changed my mind',
    })
    offer.reject()
  })

  it('stands no more when its sender has left', async () => {
    const { network, members } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(pattern(1), { to: 'bob' })
    const offer = await bob.offers.next()
    network.leave('ada')
    ada.transfers.groupLeft()
    expect(await failureOf(transfer)).toMatchObject({ code: 'closed' })
    await expect(offer.accept()).rejects.toMatchObject({ code: 'member-left' })
  })

  it('can be accepted once', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(pattern(10), { to: 'bob' })
    const offer = await bob.offers.next()
    const accepted = offer.accept()
    expect(() => offer.accept()).toThrow(TypeError)
    offer.reject('too late')
    await (await accepted).blob()
    expect((await transfer).delivered).toEqual(['bob'])
  })

  it('F4: is declined beyond 256 that nobody has answered', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const sent = Array.from({ length: 257 }, () => ada.transfers.sendFile(pattern(1), { to: 'bob' }))
    expect(await failureOf(sent[256] as PromiseLike<unknown>)).toMatchObject({ code: 'file-declined' })
    expect(bob.offers.all).toHaveLength(256)
    bob.offers.all[0]?.reject()
    await settle()
    const more = ada.transfers.sendFile(pattern(1), { to: 'bob' })
    await settle()
    expect(bob.offers.all).toHaveLength(257)
    for (const transfer of [...sent.slice(1), more]) transfer.cancel()
    await Promise.allSettled(sent)
  })
})

describe('a file that is cancelled', () => {
  const running = async (size = 8 * MIB) => {
    const world = setup('ada', 'bob')
    const [ada, bob] = world.members
    const controller = new AbortController()
    const transfer = ada.transfers.sendFile(pattern(size), { to: 'bob', signal: controller.signal })
    transfer.catch(() => undefined)
    const offer = await bob.offers.next()
    const receiving = new AbortController()
    const incoming = await offer.accept({ signal: receiving.signal })
    await settle()
    return { ...world, ada, bob, transfer, incoming, controller, receiving }
  }

  const nothingIsLeft = async ({ ada, bob }: Awaited<ReturnType<typeof running>>) => {
    await settle(200)
    expect(ada.openHashes() + bob.openHashes()).toBe(0)
    expect(ada.hub.openLanes(STREAM_KIND.FILE)).toEqual([])
  }

  it('F6: by its sender errors the stream of its recipient, though that reads nothing', async () => {
    const world = await running()
    world.transfer.cancel('no time')
    const expected = { code: 'transfer-cancelled', by: 'them', reason: 'no time' }
    expect(await failureOf(world.incoming.done)).toMatchObject(expected)
    expect(await failureOf(world.incoming.blob())).toMatchObject(expected)
    expect(await failureOf(world.transfer)).toMatchObject({ code: 'transfer-cancelled', by: 'me' })
    expect(world.bob.hub.reported).toHaveLength(1)
    await nothingIsLeft(world)
  })

  it('by its recipient is told to its sender', async () => {
    const world = await running()
    world.incoming.cancel('disk is full')
    world.incoming.cancel('again')
    const error = await failureOf(world.transfer)
    expect(error).toMatchObject({ code: 'transfer-cancelled', by: 'them', reason: 'disk is full' })
    expect(await failureOf(world.incoming.done)).toMatchObject({ code: 'transfer-cancelled', by: 'me' })
    expect(world.bob.hub.reported).toEqual([])
    await nothingIsLeft(world)
  })

  it('by whoever reads its stream is told to its sender', async () => {
    const world = await running()
    await world.incoming.stream.cancel('enough')
    expect(await failureOf(world.transfer)).toMatchObject({ code: 'transfer-cancelled', by: 'them', reason: 'enough' })
    await nothingIsLeft(world)
  })

  it('by a signal rejects with its reason at that end', async () => {
    const world = await running()
    const reason = new Error('mine')
    world.controller.abort(reason)
    expect(await failureOf(world.transfer)).toBe(reason)
    expect(await failureOf(world.incoming.done)).toMatchObject({ code: 'transfer-cancelled', by: 'them' })
    await nothingIsLeft(world)
    const other = await running()
    other.receiving.abort(reason)
    expect(await failureOf(other.incoming.done)).toBe(reason)
    expect(await failureOf(other.transfer)).toMatchObject({ code: 'transfer-cancelled', by: 'them' })
    await nothingIsLeft(other)
  })

  it('before it was begun is never offered, or accepted', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const reason = new Error('mine')
    const signal = AbortSignal.abort(reason)
    expect(await failureOf(ada.transfers.sendFile(pattern(1), { to: 'bob', signal }))).toBe(reason)
    const transfer = ada.transfers.sendFile(pattern(1), { to: 'bob' })
    const offer = await bob.offers.next()
    expect(bob.offers.all).toHaveLength(1)
    expect(await failureOf(offer.accept({ signal }))).toBe(reason)
    expect(await failureOf(transfer)).toMatchObject({ code: 'file-declined' })
    expect(bob.openHashes()).toBe(0)
  })

  it('ends with the member that leaves, or with the group', async () => {
    const world = await running()
    world.network.leave('bob')
    expect(await failureOf(world.transfer)).toMatchObject({ code: 'member-left' })
    world.bob.transfers.groupLeft()
    const error = await failureOf(world.incoming.done)
    expect(['closed', 'member-left']).toContain((error as { code: string }).code)
    const other = await running()
    other.network.leave('ada')
    other.ada.transfers.groupLeft()
    expect(await failureOf(other.incoming.done)).toMatchObject({ code: 'member-left' })
    expect(await failureOf(other.transfer)).toMatchObject({ code: 'closed' })
    await settle()
    expect(other.ada.openHashes() + other.bob.openHashes()).toBe(0)
  })

  it('cancels the stream that it was read from', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const cancel = vi.fn()
    const transfer = ada.transfers.sendFile(new ReadableStream({ cancel }), { to: 'bob' })
    const incoming = await (await bob.offers.next()).accept()
    await settle()
    incoming.cancel()
    expect(await failureOf(transfer)).toMatchObject({ code: 'transfer-cancelled' })
    await settle()
    expect(cancel).toHaveBeenCalledOnce()
    expect(ada.openHashes()).toBe(0)
  })

  it('tells of the error of its source, and tells the recipient nothing of it', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const error = new Error('/home/ada is gone')
    const source = new ReadableStream<Uint8Array>(
      { pull: (controller) => controller.error(error) },
      { highWaterMark: 0 },
    )
    const transfer = ada.transfers.sendFile(source, { to: 'bob' })
    const incoming = await (await bob.offers.next()).accept()
    expect(await failureOf(transfer)).toBe(error)
    const seen = (await failureOf(incoming.done)) as Error
    expect(seen).toMatchObject({ code: 'transfer-cancelled', by: 'them' })
    expect(seen.message).not.toContain('home')
  })

  it('fails when its source brings other things than bytes', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const source = new ReadableStream({ start: (controller) => controller.enqueue('text') })
    const transfer = ada.transfers.sendFile(source as never, { to: 'bob' })
    await (await bob.offers.next()).accept()
    expect(await failureOf(transfer)).toBeInstanceOf(TypeError)
  })

  it.each([0, 10, 8 * MIB])(
    'fails at both ends when its recipient refuses its stream, all %i bytes sent or not',
    async (size) => {
      const { members } = setup('ada', 'bob')
      const [ada, bob] = members
      bob.hub.refusing.add(STREAM_KIND.FILE)
      const transfer = ada.transfers.sendFile(pattern(size), { to: 'bob' })
      const incoming = await (await bob.offers.next()).accept()
      expect(await failureOf(transfer)).toMatchObject({ code: 'stream-refused' })
      expect(await failureOf(incoming.done)).toMatchObject({
        code: 'transfer-cancelled',
        by: 'them',
        reason: 'too many streams',
      })
      await settle()
      expect(ada.openHashes() + bob.openHashes()).toBe(0)
    },
  )

  it('fails when its stream is refused while it is paused', async () => {
    const { network, members } = setup('ada', 'bob')
    const [ada, bob] = members
    bob.hub.refusing.add(STREAM_KIND.FILE)
    const transfer = ada.transfers.sendFile(pattern(MIB), { to: 'bob' })
    network.tamper = ({ kind }, bytes) => {
      if (kind === STREAM_KIND.FILE) transfer.pause()
      return bytes
    }
    await (await bob.offers.next()).accept()
    expect(await failureOf(transfer)).toMatchObject({ code: 'stream-refused' })
  })

  it('is over where it was accepted when what says so is refused', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    ada.hub.refusing.add(STREAM_KIND.TRANSFER)
    const transfer = ada.transfers.sendFile(pattern(10), { to: 'bob' })
    const incoming = await (await bob.offers.next()).accept()
    expect(await failureOf(incoming.done)).toMatchObject({ code: 'stream-refused' })
    transfer.cancel()
    await failureOf(transfer)
  })

  it('is not offered where what offers it is refused', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    bob.hub.refusing.add(STREAM_KIND.TRANSFER)
    const failure = failureOf(ada.transfers.sendFile(pattern(10), { to: 'bob' }))
    expect(await failure).toMatchObject({ code: 'stream-refused' })
  })
})

describe('a file for several', () => {
  it('is read once for all who accept', async () => {
    const { members } = setup('ada', 'bob', 'cyd', 'dan')
    const [ada, ...others] = members
    const bytes = pattern(3 * MIB)
    const blob = new Blob([bytes])
    const stream = vi.spyOn(blob, 'stream')
    const transfer = ada.transfers.sendFile(blob, { to: ['bob', 'cyd', 'dan', 'cyd'] })
    const received = others.map(async ({ offers }) => bytesOf((await (await offers.next()).accept()).stream))
    for (const copy of await Promise.all(received)) expect(Buffer.compare(copy, bytes)).toBe(0)
    expect(await transfer).toEqual({ delivered: ['bob', 'cyd', 'dan'], failed: [] })
    expect(stream).toHaveBeenCalledTimes(1)
  })

  it('reports who declined, cancelled, left or was never here, and goes on for the others', async () => {
    const { network, members } = setup('ada', 'bob', 'cyd', 'dan', 'eve')
    const [ada, bob, cyd, dan, eve] = members as [(typeof members)[0], ...typeof members]
    const to = ['bob', 'cyd', 'dan', 'eve', 'zoe', 'ada']
    const transfer = ada.transfers.sendFile(pattern(8 * MIB), { to })
    ;(await bob.offers.next()).reject('no')
    const cancelling = await (await cyd.offers.next()).accept()
    await (await (dan as typeof bob).offers.next()).accept()
    const reading = (await (await (eve as typeof bob).offers.next()).accept()).blob()
    await settle()
    cancelling.cancel('enough')
    network.leave('dan')
    expect((await reading).size).toBe(8 * MIB)
    expect(await transfer).toEqual({
      delivered: ['eve'],
      failed: [
        { id: 'bob', code: 'file-declined', reason: 'no' },
        { id: 'cyd', code: 'transfer-cancelled', reason: 'enough' },
        { id: 'dan', code: 'member-left' },
        { id: 'zoe', code: 'member-unknown' },
        { id: 'ada', code: 'member-unknown' },
      ],
    })
    expect(ada.openHashes()).toBe(0)
  })

  it('resolves though all have failed, in a list of one as well', async () => {
    const { members } = setup('ada', 'bob')
    const [ada] = members
    expect(await ada.transfers.sendFile(pattern(1), { to: ['zoe'] })).toEqual({
      delivered: [],
      failed: [{ id: 'zoe', code: 'member-unknown' }],
    })
  })

  it('goes at the pace of the slowest while that lives', async () => {
    const { members } = setup('ada', 'bob', 'cyd')
    const [ada, bob, cyd] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
    const transfer = ada.transfers.sendFile(pattern(16 * MIB), { to: ['bob', 'cyd'] })
    const slow = await (await bob.offers.next()).accept()
    const quick = await (await cyd.offers.next()).accept()
    const copy = quick.blob()
    await settle(400)
    expect(quick.progress.bytes).toBeLessThan(6 * MIB)
    slow.cancel()
    expect((await copy).size).toBe(16 * MIB)
    expect((await transfer).delivered).toEqual(['cyd'])
  })

  it('is read anew, at its own pace, for one that takes nothing for 30 s, and the others go on', async () => {
    const { members, advance, fake } = setup('ada', 'bob', 'cyd', 'dan')
    const [ada, bob, cyd, dan] = members as [...typeof members, (typeof members)[0], (typeof members)[0]]
    const bytes = pattern(16 * MIB)
    const transfer = ada.transfers.sendFile(bytes, { to: ['bob', 'cyd', 'dan'] })
    const stuck = [await (await bob.offers.next()).accept(), await (await dan.offers.next()).accept()]
    const quick = await (await cyd.offers.next()).accept()
    const copy = quick.blob()
    await settle(400)
    advance(29_999)
    await settle(100)
    expect(quick.progress.bytes).toBeLessThan(6 * MIB)
    advance(1)
    expect((await copy).size).toBe(16 * MIB)
    await settle()
    expect(transfer.progress.recipients.map(({ id }) => id)).toContain('bob')
    for (const incoming of stuck) expect(Buffer.compare(await bytesOf(incoming.stream), bytes)).toBe(0)
    expect((await transfer).delivered).toEqual(['bob', 'cyd', 'dan'])
    expect(ada.openHashes() + fake.timers).toBe(0)
  })

  it('that can be read once fails for one that takes nothing for 30 s, and the others go on', async () => {
    const { members, advance } = setup('ada', 'bob', 'cyd')
    const [ada, bob, cyd] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
    const transfer = ada.transfers.sendFile(new Blob([pattern(16 * MIB)]).stream(), { to: ['bob', 'cyd'] })
    const stuck = await (await bob.offers.next()).accept()
    const copy = (await (await cyd.offers.next()).accept()).blob()
    await settle(400)
    advance(30_000)
    expect((await copy).size).toBe(16 * MIB)
    expect(await transfer).toEqual({ delivered: ['cyd'], failed: [{ id: 'bob', code: 'member-stalled' }] })
    expect(await failureOf(stuck.done)).toMatchObject({
      code: 'transfer-cancelled',
      by: 'them',
      reason: 'nothing was taken for too long',
    })
  })

  it.each([
    ['while all of them take nothing', false],
    ['once the others have failed', true],
  ])('waits for those that take nothing without end %s', async (_when, hasReader) => {
    const { members, advance } = setup('ada', 'bob', 'cyd')
    const [ada, bob, cyd] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
    const transfer = ada.transfers.sendFile(new Blob([pattern(16 * MIB)]).stream(), { to: ['bob', 'cyd'] })
    const stuck = await (await bob.offers.next()).accept()
    const other = await (await cyd.offers.next()).accept()
    if (hasReader) other.blob().catch(() => undefined)
    await settle(400)
    advance(hasReader ? 20_000 : 86_400_000)
    if (hasReader) other.cancel()
    await settle()
    advance(86_400_000)
    await settle()
    const copies = [stuck, ...(hasReader ? [] : [other])].map((incoming) => incoming.blob())
    for (const copy of copies) expect((await copy).size).toBe(16 * MIB)
    expect((await transfer).delivered).toEqual(hasReader ? ['bob'] : ['bob', 'cyd'])
  })

  it('is read anew for who accepts late', async () => {
    const { members, advance } = setup('ada', 'bob', 'cyd')
    const [ada, bob, cyd] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
    const transfer = ada.transfers.sendFile(pattern(MIB), { to: ['bob', 'cyd'] })
    const first = (await (await bob.offers.next()).accept()).blob()
    const late = await cyd.offers.next()
    await settle()
    advance(200)
    expect((await first).size).toBe(MIB)
    expect((await (await late.accept()).blob()).size).toBe(MIB)
    expect((await transfer).delivered).toEqual(['bob', 'cyd'])
  })

  it('that can be read once waits for all answers, up to 30 s', async () => {
    const { members, advance, fake } = setup('ada', 'bob', 'cyd')
    const [ada, bob, cyd] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0]]
    const transfer = ada.transfers.sendFile(streamOf(pattern(MIB)), { to: ['bob', 'cyd'] })
    const incoming = await (await bob.offers.next()).accept()
    const late = await cyd.offers.next()
    advance(29_999)
    await settle()
    expect(incoming.progress.bytes).toBe(0)
    advance(1)
    expect((await incoming.blob()).size).toBe(MIB)
    expect(await transfer).toMatchObject({ delivered: ['bob'], failed: [{ id: 'cyd', code: 'file-declined' }] })
    await settle()
    expect(late.signal.aborted).toBe(true)
    expect(fake.timers).toBe(0)
  })

  it('that can be read once goes to all who have answered', async () => {
    const { members } = setup('ada', 'bob', 'cyd', 'dan')
    const [ada, bob, cyd, dan] = members as [...typeof members, (typeof members)[0], (typeof members)[0]]
    const transfer = ada.transfers.sendFile(streamOf(pattern(MIB)), { to: ['bob', 'cyd', 'dan'] })
    const copies = [(await bob.offers.next()).accept(), (await cyd.offers.next()).accept()]
    ;(await dan.offers.next()).reject()
    for (const copy of copies) expect((await (await copy).blob()).size).toBe(MIB)
    expect((await transfer).delivered).toEqual(['bob', 'cyd'])
  })
})

describe('a file that is paused', () => {
  it('goes on when it is resumed', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(pattern(4 * MIB), { to: 'bob' })
    transfer.pause()
    const incoming = await (await bob.offers.next()).accept()
    const copy = incoming.blob()
    await settle(100)
    expect(incoming.progress.bytes).toBe(0)
    transfer.resume()
    expect((await copy).size).toBe(4 * MIB)
    await transfer
  })

  it('can be cancelled', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(pattern(MIB), { to: 'bob' })
    transfer.pause()
    await (await bob.offers.next()).accept()
    await settle()
    transfer.cancel()
    await failureOf(transfer)
    await settle()
    expect(ada.openHashes()).toBe(0)
  })
})

describe('a file that is resumed', () => {
  it('F2, F3: is known by the id that its sender has chosen, and sent from where its recipient has it', async () => {
    const { network, members } = setup('ada', 'bob')
    const [ada, bob] = members
    const bytes = pattern(2 * MIB)
    const resumeId = 'AAAAAAAAAAAAAAAAAAAAAA'
    let sent = 0
    network.tamper = ({ kind }, message) => {
      if (kind === STREAM_KIND.FILE) sent += message.length
      return message
    }
    const transfer = ada.transfers.sendFile(new Blob([bytes]), { to: 'bob', resumeId })
    const offer = await bob.offers.next()
    expect(offer.resumeId).toBe(resumeId)
    const offset = MIB + 11
    const incoming = await offer.accept({ offset, have: new Blob([bytes.subarray(0, offset)]) })
    expect(incoming.offset).toBe(offset)
    expect(Buffer.compare(await bytesOf(incoming.stream), bytes.subarray(offset))).toBe(0)
    await incoming.done
    expect((await transfer).delivered).toEqual(['bob'])
    expect(sent).toBeLessThan(MIB + 100)
    expect(incoming.progress).toMatchObject({ bytes: bytes.length, secondsLeft: 0 })
  })

  it('F1: may be there whole already, and is checked all the same', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const bytes = pattern(100_000)
    const transfer = ada.transfers.sendFile(bytes, { to: 'bob' })
    const offer = await bob.offers.next()
    const incoming = await offer.accept({ offset: bytes.length, have: streamOf(bytes) })
    expect((await incoming.blob()).size).toBe(0)
    expect((await transfer).delivered).toEqual(['bob'])
  })

  it('F1, F3: is corrupt when what is there is another', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(pattern(1_000), { to: 'bob' })
    const offer = await bob.offers.next()
    const incoming = await offer.accept({ offset: 500, have: new Blob([new Uint8Array(500)]) })
    expect(await failureOf(incoming.blob())).toMatchObject({ code: 'file-corrupt' })
    expect(await failureOf(transfer)).toMatchObject({ code: 'file-corrupt' })
  })

  it('is refused an offset that is not had, and its offer still stands', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(pattern(1_000), { to: 'bob' })
    const offer = await bob.offers.next()
    expect(() => offer.accept({ offset: 1 })).toThrow(TypeError)
    expect(() => offer.accept({ offset: -1, have: new Blob() })).toThrow(RangeError)
    await expect(offer.accept({ offset: 1_001, have: new Blob() })).rejects.toThrow(RangeError)
    await expect(offer.accept({ offset: 5, have: new Blob(['four']) })).rejects.toThrow(RangeError)
    await expect(offer.accept({ offset: 3, have: new Blob(['four']) })).rejects.toThrow(RangeError)
    const error = new Error('unreadable')
    const unreadable = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(error) })
    await expect(offer.accept({ offset: 3, have: unreadable })).rejects.toBe(error)
    expect(bob.openHashes()).toBe(0)
    await (await offer.accept()).blob()
    expect((await transfer).delivered).toEqual(['bob'])
  })

  it('is withdrawn while what is there is hashed', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(pattern(1_000), { to: 'bob' })
    const offer = await bob.offers.next()
    // Which never comes.
    const have = new ReadableStream<Uint8Array>()
    const accepting = offer.accept({ offset: 500, have })
    await settle()
    transfer.cancel()
    await failureOf(transfer)
    await settle()
    await expect(accepting).rejects.toMatchObject({ code: 'transfer-cancelled', by: 'them' })
    expect(bob.openHashes()).toBe(0)
  })
})

describe('progress', () => {
  it('F8: counts what has arrived, with a rate and the time that is left, ten times a second at most', async () => {
    const { members, advance } = setup('ada', 'bob')
    const [ada, bob] = members
    const told: TransferProgress[] = []
    const transfer = ada.transfers.sendFile(pattern(8 * MIB), {
      to: 'bob',
      onProgress: (progress) => told.push(progress),
    })
    expect(transfer.progress).toEqual({ bytes: 0, size: 8 * MIB, rate: 0, secondsLeft: null, recipients: [] })
    const received: TransferProgress[] = []
    const incoming = await (await bob.offers.next()).accept({ onProgress: (progress) => received.push(progress) })
    await settle(100)
    const few = received.length
    expect(few).toBeLessThanOrEqual(2)
    const copy = incoming.blob()
    await settle(10)
    advance(1_000)
    await copy
    await transfer
    const last = told.at(-1) as TransferProgress
    expect(last).toMatchObject({ bytes: 8 * MIB, secondsLeft: 0, recipients: [{ id: 'bob', bytes: 8 * MIB }] })
    expect(last.rate).toBeGreaterThan(0)
    expect(received.at(-1)).toMatchObject({ bytes: 8 * MIB, secondsLeft: 0 })
    for (let i = 1; i < told.length; i++) {
      expect((told[i] as TransferProgress).bytes).toBeGreaterThanOrEqual((told[i - 1] as TransferProgress).bytes)
    }
  })

  it.each([
    [
      'throw',
      (error: Error) => {
        throw error
      },
    ],
    ['reject', (error: Error) => Promise.reject(error)],
  ])('tells listeners that %s to the application, and goes on', async (_how, fail) => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const error = new Error('mine')
    const onProgress = () => fail(error)
    const transfer = ada.transfers.sendFile(pattern(10), { to: 'bob', onProgress })
    await (await (await bob.offers.next()).accept({ onProgress })).blob()
    expect((await transfer).delivered).toEqual(['bob'])
    expect(ada.hub.reported).toContain(error)
    expect(bob.hub.reported).toContain(error)
  })
})

describe('sendFile', () => {
  it.each([
    [TypeError, 'text', { to: 'bob' }],
    [TypeError, new ArrayBuffer(1), { to: 'bob' }],
    [TypeError, pattern(1), { to: 5 }],
    [TypeError, pattern(1), { to: ['bob', null] }],
    [RangeError, pattern(1), { to: [] }],
    [TypeError, pattern(1), null],
    [TypeError, pattern(1), { to: 'bob', onProgres: () => undefined }],
    [TypeError, pattern(1), { to: 'bob', name: 1 }],
    [TypeError, pattern(1), { to: 'bob', type: 1 }],
    [RangeError, pattern(1), { to: 'bob', type: 'x'.repeat(256) }],
    [TypeError, pattern(1), { to: 'bob', size: '1' }],
    [RangeError, pattern(1), { to: 'bob', size: 2 }],
    [RangeError, new Blob(['ab']), { to: 'bob', size: 1 }],
    [RangeError, streamOf(), { to: 'bob', size: -1 }],
    [RangeError, streamOf(), { to: 'bob', size: 1.5 }],
    [TypeError, pattern(1), { to: 'bob', metadata: 1n }],
    [TypeError, pattern(1), { to: 'bob', metadata: () => 1 }],
    [RangeError, pattern(1), { to: 'bob', metadata: 'x'.repeat(4_095) }],
    [TypeError, pattern(1), { to: 'bob', resumeId: 1 }],
    [RangeError, pattern(1), { to: 'bob', resumeId: 'short' }],
    [TypeError, pattern(1), { to: 'bob', onProgress: 1 }],
    [TypeError, pattern(1), { to: 'bob', signal: {} }],
  ])('throws a %o for bad arguments (%#)', async (type, source, options) => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    expect(() => ada.transfers.sendFile(source as never, options as never)).toThrow(type)
    await settle(3)
    expect(bob.offers.all).toEqual([])
  })

  it('throws for a stream that is read already, and leaves one alone that it throws for otherwise', () => {
    const { members } = setup('ada', 'bob')
    const [ada] = members
    const stream = streamOf(pattern(1))
    expect(() => ada.transfers.sendFile(stream, { to: 'bob', size: -1 })).toThrow(RangeError)
    expect(stream.locked).toBe(false)
    stream.getReader()
    expect(() => ada.transfers.sendFile(stream, { to: 'bob' })).toThrow(TypeError)
  })

  it('rejects while not joined, and for who is not another member', async () => {
    const { network, members } = setup('ada', 'bob')
    const [ada] = members
    expect(await failureOf(ada.transfers.sendFile(pattern(1), { to: 'zoe' }))).toMatchObject({ code: 'member-unknown' })
    expect(await failureOf(ada.transfers.sendFile(pattern(1), { to: 'ada' }))).toMatchObject({ code: 'member-unknown' })
    network.leave('ada')
    expect(await failureOf(ada.transfers.sendFile(pattern(1), { to: 'bob' }))).toMatchObject({ code: 'not-joined' })
  })

  it('gives a promise: then, catch and finally work', async () => {
    const { members } = setup('ada', 'bob')
    const [ada] = members
    const done = vi.fn()
    const transfer = ada.transfers.sendFile(pattern(1), { to: 'zoe' })
    expect(transfer.then(undefined, () => 'then')).toBeInstanceOf(Promise)
    expect(await transfer.then(undefined, () => 'then')).toBe('then')
    expect(await transfer.catch(() => 'caught')).toBe('caught')
    await transfer.finally(done).catch(() => undefined)
    expect(done).toHaveBeenCalledOnce()
    expect(() => transfer.cancel(5 as never)).toThrow(TypeError)
  })

  it.each([
    [10, 'more'],
    [30, 'less'],
  ])('fails when a stream of %i bytes, as it says, has %s', async (size) => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const transfer = ada.transfers.sendFile(streamOf(pattern(20)), { to: 'bob', size })
    const incoming = await (await bob.offers.next()).accept()
    expect(await failureOf(transfer)).toMatchObject({ code: 'file-corrupt' })
    expect(await failureOf(incoming.done)).toMatchObject({ code: 'transfer-cancelled' })
  })

  it('rejects when the hash cannot be loaded; where a recipient cannot load it, its offer still stands', async () => {
    const { members } = setup('ada', 'bob')
    const [ada, bob] = members
    const error = new Error('offline')
    bob.hash.error = error
    const transfer = ada.transfers.sendFile(pattern(10), { to: 'bob' })
    const offer = await bob.offers.next()
    await expect(offer.accept()).rejects.toBe(error)
    bob.hash.error = null
    ada.hash.error = error
    const incoming = await offer.accept()
    expect(await failureOf(transfer)).toBe(error)
    expect(await failureOf(incoming.done)).toMatchObject({ code: 'transfer-cancelled' })
  })
})
