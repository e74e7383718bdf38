import { describe, expect, it } from 'vitest'
import type { FileOffer, WebGroup } from '../../../sdk/group/index.js'
import { nextEvent, setup, setupMembers } from './setup.js'

const bytesOf = (size: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 0xff)

const takeFile = async (group: WebGroup): Promise<{ readonly offer: FileOffer; readonly bytes: Uint8Array }> => {
  const offer = await nextEvent(group, 'file')
  const incoming = await offer.accept()
  const blob = await incoming.blob()
  await incoming.done
  return { offer, bytes: new Uint8Array(await blob.arrayBuffer()) }
}

describe('a channel of a group', () => {
  it('carries values to all and to one, in order, between members that have asked for it', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, cyd] = members as [WebGroup, WebGroup, WebGroup]
    const heard = members.map((member) => {
      const list: unknown[] = []
      member.channel('chat').on('message', ({ from, data, to }) => list.push([from, data, to]))
      return list
    })
    const chat = ada.channel('chat')
    await chat.send({ text: 'hello', picture: Uint8Array.of(1, 2, 3) })
    await chat.send('only you', { to: bob.myId })
    await chat.send('all again', { confirm: true })
    expect(heard[1]).toEqual([
      [ada.myId, { text: 'hello', picture: Uint8Array.of(1, 2, 3) }, 'all'],
      [ada.myId, 'only you', 'me'],
      [ada.myId, 'all again', 'all'],
    ])
    expect(heard[2]?.map((entry) => (entry as unknown[])[1])).toEqual([
      { text: 'hello', picture: Uint8Array.of(1, 2, 3) },
      'all again',
    ])
    expect(cyd.channel('chat')).toBe(cyd.channel('chat'))
  })

  it('is there for the next join, too', async () => {
    const { members, key } = await setupMembers(2)
    const [ada, bob] = members
    const heard: unknown[] = []
    bob.channel('chat').on('message', ({ data }) => heard.push(data))
    await ada.channel('chat').send('one', { confirm: true })
    const isGone = nextEvent(bob, 'member:leave')
    await ada.leave()
    await isGone
    await expect(ada.channel('chat').send('nobody')).rejects.toMatchObject({ code: 'not-joined' })
    const isBack = nextEvent(bob, 'member:join')
    await ada.join(key)
    await isBack
    await ada.channel('chat').send('two', { confirm: true })
    expect(heard).toEqual(['one', 'two'])
  })

  it('of the latest reaches whoever is slow with the newest, and not with all that came before', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const heard: unknown[] = []
    const last = new Promise((resolve) => {
      bob.channel<Uint8Array>('state').on('message', ({ data, to }) => {
        heard.push(to)
        if (data[0] === 1) resolve(data.length)
      })
    })
    const state = ada.channel<Uint8Array>('state', { latest: true })
    const sends = Array.from({ length: 1_000 }, (_, i) => state.send(new Uint8Array(1_024).fill(i === 999 ? 1 : 0)))
    await Promise.all(sends)
    expect(await last).toBe(1_024)
    expect(heard.length).toBeLessThan(50)
    expect(new Set(heard)).toEqual(new Set(['all']))
  })

  it('of the unreliable kind brings the newest', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const options = { reliable: false, latest: true }
    const last = new Promise((resolve) => {
      bob.channel<number>('cursor', options).on('message', ({ data }) => {
        if (data === 999) resolve(data)
      })
    })
    const cursor = ada.channel<number>('cursor', options)
    for (let i = 0; i < 1_000; i++) await cursor.send(i)
    expect(await last).toBe(999)
  })

  it('asks and is answered', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, cyd] = members as [WebGroup, WebGroup, WebGroup]
    for (const member of [bob, cyd]) {
      member.channel<number, number>('double').handle((value) => Promise.resolve(value * 2))
    }
    const double = ada.channel<number, number>('double')
    expect(await double.request(21, { to: bob.myId })).toBe(42)
    const all = await double.requestAll(4).all()
    expect(all.map((result) => (result.status === 'fulfilled' ? result.value : result.error))).toEqual([8, 8])
    await expect(double.request(1, { to: ada.myId })).rejects.toThrow()
  })

  it('asks once and is answered once, whatever links are cut meanwhile', async () => {
    const { members, network } = await setupMembers(3)
    const [ada, bob, cyd] = members as [WebGroup, WebGroup, WebGroup]
    const ran: number[] = []
    bob.channel<number, number>('double').handle(async (value) => {
      ran.push(value)
      if (value % 20 === 10) network.cut(ada.myId, bob.myId)
      if (value % 40 === 30) network.cut(cyd.myId, bob.myId)
      await new Promise((resolve) => setTimeout(resolve, value % 3))
      return value * 2
    })
    const double = ada.channel<number, number>('double')
    const values = Array.from({ length: 200 }, (_, value) => value)
    const answers = await Promise.all(values.map((value) => double.request(value, { to: bob.myId })))
    expect(answers).toEqual(values.map((value) => value * 2))
    expect(ran.sort((one, other) => one - other)).toEqual(values)
  })

  it('tells of what is not valid, and goes on', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const validate = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof value === 'number' ? { value } : { issues: [{ message: 'not a number' }] },
      },
    } as const
    const heard: unknown[] = []
    bob.channel('count', { validate }).on('message', ({ data }) => heard.push(data))
    const invalid = nextEvent(bob, 'channel:invalid')
    await ada.channel('count').send('many')
    await ada.channel('count').send(3, { confirm: true })
    expect(await invalid).toMatchObject({ channel: 'count', from: ada.myId, error: { code: 'value-invalid' } })
    expect(heard).toEqual([3])
  })

  it('tells what a member that left may not have got', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    await ada.channel('chat').send('one', { confirm: true })
    const failed = nextEvent(ada, 'delivery:fail')
    const id = bob.myId
    const left = bob.leave()
    for (let i = 0; i < 5; i++) await ada.channel('chat').send(new Uint8Array(500_000))
    await left
    expect(await failed).toMatchObject({ id, code: 'member-left', channel: 'chat' })
  })
})

describe('a file of a group', () => {
  it('reaches each recipient whole, and its sender knows', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, cyd] = members as [WebGroup, WebGroup, WebGroup]
    const data = bytesOf(3_000_000)
    const taken = Promise.all([takeFile(bob), takeFile(cyd)])
    const report = await ada.sendFile(data, { to: [bob.myId, cyd.myId], name: 'data.bin', metadata: { of: 'ada' } })
    expect([...report.delivered].sort()).toEqual([bob.myId, cyd.myId].sort())
    for (const { offer, bytes } of await taken) {
      expect(offer).toMatchObject({ from: ada.myId, name: 'data.bin', size: data.length, metadata: { of: 'ada' } })
      expect(Buffer.compare(bytes, data)).toBe(0)
    }
  })

  it('is declined where nobody listens', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    await expect(ada.sendFile(bytesOf(10), { to: bob.myId })).rejects.toMatchObject({ code: 'file-declined' })
  })

  it('fails when its recipient leaves, and when the group is left', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, cyd] = members as [WebGroup, WebGroup, WebGroup]
    for (const member of [bob, cyd]) {
      member.on('file', (offer) => {
        void offer.accept().then(({ done }) => done.catch(() => undefined))
      })
    }
    const endless = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => {
          controller.enqueue(bytesOf(60_000))
        },
      })
    const begin = (to: string) => {
      let settled: Promise<unknown> = Promise.resolve()
      const underWay = new Promise<void>((resolve) => {
        const onProgress = ({ bytes }: { readonly bytes: number }): void => {
          if (bytes > 0) resolve()
        }
        settled = ada.sendFile(endless(), { to, onProgress }).catch((error: unknown) => error)
      })
      return { underWay, settled }
    }
    const id = bob.myId
    const [toBob, toCyd] = [begin(id), begin(cyd.myId)]
    await Promise.all([toBob.underWay, toCyd.underWay])
    await bob.leave()
    expect(await toBob.settled).toMatchObject({ code: 'member-left' })
    await expect(ada.sendFile(endless(), { to: id })).rejects.toMatchObject({ code: 'member-unknown' })
    await ada.leave()
    expect(await toCyd.settled).toMatchObject({ code: 'closed' })
  })
})

describe('a duplex of a group', () => {
  it('carries bytes both ways to their end', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const data = bytesOf(1_000_000)
    bob.on('duplex:open', ({ duplex }) => {
      void duplex.readable.pipeTo(duplex.writable)
    })
    const { readable, writable } = await ada.openDuplex(bob.myId, { label: 'echo' })
    const writer = writable.getWriter()
    void writer.write(data).then(() => writer.close())
    const chunks: Uint8Array[] = []
    for await (const chunk of readable) chunks.push(chunk)
    expect(Buffer.compare(Buffer.concat(chunks), data)).toBe(0)
  })

  it('is refused where nobody listens', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    await expect(ada.openDuplex(bob.myId)).rejects.toMatchObject({ code: 'duplex-refused' })
  })
})

describe('presence in a group', () => {
  it('is seen by all, by those who come later, and is gone with its member', async () => {
    const { members, createGroup, key } = await setupMembers(2)
    const [ada, bob] = members
    const changed = nextEvent(bob, 'presence:change')
    ada.presence.set({ typing: true })
    expect(await changed).toEqual({ id: ada.myId, previous: null, next: { typing: true } })
    expect(bob.presence.get(ada.myId)).toEqual({ typing: true })
    const eve = createGroup()
    const seen = nextEvent(eve, 'presence:change')
    await eve.join(key)
    expect(await seen).toMatchObject({ id: ada.myId, next: { typing: true } })
    const gone = nextEvent(bob, 'presence:change')
    const id = ada.myId
    await ada.leave()
    expect(await gone).toEqual({ id, previous: { typing: true }, next: null })
  })
})

describe('before any join', () => {
  it('a channel is made, takes handlers, listeners and readers, and is used by the first join', async () => {
    const { createGroup, members, key } = await setupMembers(2)
    const [ada] = members
    const eve = createGroup()
    const channel = eve.channel<number, number>('sums')
    const heard: number[] = []
    channel.on('message', ({ data }) => heard.push(data))
    channel.handle((value) => value + 1)
    const reader = channel[Symbol.asyncIterator]()
    const arrived = nextEvent(ada, 'member:join')
    await eve.join(key)
    await arrived
    await ada.channel<number>('sums').send(1, { confirm: true })
    expect(heard).toEqual([1])
    expect(await reader.next()).toMatchObject({ value: { from: ada.myId, data: 1 } })
    expect(await ada.channel<number>('sums').request(2, { to: eve.myId })).toBe(3)
    expect(eve.channel('sums')).toBe(channel)
  })

  it('a channel sends nothing, and says at the call what cannot be', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    const channel = group.channel('c')
    const notJoined = { code: 'not-joined' }
    await expect(channel.send(1)).rejects.toMatchObject(notJoined)
    await expect(channel.request(1, { to: 'x' })).rejects.toMatchObject(notJoined)
    await expect(channel.requestAll(1).all()).rejects.toMatchObject(notJoined)
    await expect(channel.requestStream(1, { to: 'x' }).next()).rejects.toMatchObject(notJoined)
    expect(() => channel.send(() => undefined)).toThrow(TypeError)
    expect(() => channel.request(1)).toThrow(TypeError)
    expect(() => group.channel('')).toThrow(RangeError)
    expect(() => group.channel('c', { reliable: false })).toThrow(RangeError)
    channel.close()
    await expect(channel.send(1)).rejects.toMatchObject({ code: 'closed' })
    expect(group.channel('c')).not.toBe(channel)
  })

  it('a file is over at once, and its stream is not read', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    let cancelledBy: unknown
    const source = new ReadableStream<Uint8Array>({ cancel: (reason) => void (cancelledBy = reason) })
    const transfer = group.sendFile(source, { to: 'x' })
    const error: unknown = await transfer.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'not-joined' })
    expect(cancelledBy).toBe(error)
    expect(source.locked).toBe(true)
    expect([transfer.id.length, transfer.resumeId.length]).toEqual([22, 22])
    expect(transfer.progress).toEqual({ bytes: 0, size: null, rate: 0, secondsLeft: null, recipients: [] })
    transfer.pause()
    transfer.cancel()
    const reason = new Error('not now')
    await expect(group.sendFile(bytesOf(1), { to: 'x', signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(() => group.sendFile(bytesOf(1), { to: [] })).toThrow(RangeError)
    expect(() => group.sendFile('text' as never, { to: 'x' })).toThrow(TypeError)
  })

  it('a duplex is not opened', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    await expect(group.openDuplex('x')).rejects.toMatchObject({ code: 'not-joined' })
    const reason = new Error('not now')
    await expect(group.openDuplex('x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(() => group.openDuplex('x', { label: 'y'.repeat(65) })).toThrow(RangeError)
  })

  it('presence is kept, and told when the group is joined', async () => {
    const { createGroup, members, key } = await setupMembers(2)
    const [ada] = members
    const eve = createGroup()
    eve.presence.set({ typing: true })
    expect([eve.presence.mine, eve.presence.get('x'), eve.presence.all.size]).toEqual([{ typing: true }, null, 0])
    expect(() => {
      eve.presence.set({ call: () => undefined })
    }).toThrow(TypeError)
    const seen = nextEvent(ada, 'presence:change')
    await eve.join(key)
    expect(await seen).toEqual({ id: eve.myId, previous: null, next: { typing: true } })
  })
})
