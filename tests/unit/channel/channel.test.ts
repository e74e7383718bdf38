import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Channel, ChannelMessage, ChannelReport, StandardSchema } from '../../../sdk/channel/index.js'
import { encodeValue } from '../../../sdk/protocol/any-value.js'
import { STREAM_KIND, STREAM_MODE } from '../../../sdk/protocol/streams.js'
import { createMember, defer, evenNumber, leave, MESSAGE_BYTES, schemaOf, settle, setup } from './setup.js'

const collect = <Value>(channel: {
  on(event: 'message', listener: (m: ChannelMessage<Value>) => void): () => void
}) => {
  const messages: ChannelMessage<Value>[] = []
  channel.on('message', (message) => messages.push(message))
  return messages
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false
  void promise.finally(() => {
    settled = true
  })
  await settle()
  return settled
}

describe('a channel', () => {
  it('brings values with binary inside to all who have one of that name, in order', async () => {
    const { ada, bob, cyd } = setup()
    const atBob = collect(bob.channels.channel('chat'))
    const atCyd = collect(cyd.channels.channel('other'))
    const chat = ada.channels.channel('chat')
    await chat.send({ text: 'hi', bytes: Uint8Array.of(1, 2), nothing: undefined, big: 5n })
    await chat.send([1, null])
    await settle()
    expect(atBob).toEqual([
      { from: 'member-1', to: 'all', data: { text: 'hi', bytes: Uint8Array.of(1, 2), nothing: undefined, big: 5n } },
      { from: 'member-1', to: 'all', data: [1, null] },
    ])
    expect(atCyd).toEqual([])
    expect([...ada.invalid, ...bob.invalid, ...cyd.invalid]).toEqual([])
  })

  it('sends to one, to several, or to whom it was made for', async () => {
    const { ada, bob, cyd } = setup()
    const [atBob, atCyd] = [bob, cyd].map((member) => collect(member.channels.channel('c'))) as [unknown[], unknown[]]
    const channel = ada.channels.channel('c', { to: 'member-3' })
    await channel.send('default')
    await channel.send('one', { to: 'member-2' })
    await channel.send('both', { to: ['member-2', 'member-3', 'member-3'] })
    await channel.send('all', { to: 'all' })
    await channel.send('nobody', { to: [] })
    await settle()
    expect(atBob).toMatchObject([{ data: 'one', to: 'me' }, { data: 'both' }, { data: 'all', to: 'all' }])
    expect(atCyd).toMatchObject([{ data: 'default', to: 'me' }, { data: 'both' }, { data: 'all' }])
  })

  it('copies the value during the call', async () => {
    const { ada, bob } = setup()
    const atBob = collect(bob.channels.channel('c'))
    const value = { bytes: Uint8Array.of(1) }
    const sent = ada.channels.channel('c').send(value)
    value.bytes[0] = 9
    await sent
    await settle()
    expect(atBob).toMatchObject([{ data: { bytes: Uint8Array.of(1) } }])
  })

  it('waits while a recipient has no room, and keeps an aborted wait from being one', async () => {
    const { network, ada, bob } = setup()
    bob.channels.channel('c')
    network.isHeld = true
    const channel = ada.channels.channel('c')
    await Promise.all([1, 2, 3, 4].map((value) => channel.send(value)))
    const fifth = channel.send(5)
    const controller = new AbortController()
    const sixth = channel.send(6, { signal: controller.signal })
    expect(await isSettled(fifth)).toBe(false)
    controller.abort(new Error('enough'))
    await expect(sixth).rejects.toThrow('enough')
    network.release()
    await fifth
  })

  it('reports with confirm what became of a value, members that left included', async () => {
    const { network, ada, cyd } = setup()
    const channel = ada.channels.channel('c')
    network.isHeld = true
    const sent = channel.send(1, { confirm: true })
    const listed = channel.send(1, { confirm: true, to: ['member-2', 'member-3'] })
    await settle()
    leave(cyd)
    network.release()
    const failure = { id: 'member-3', code: 'member-left', maybeDelivered: false }
    expect(await sent).toEqual({ delivered: ['member-2'], failed: [failure], isReplaced: false })
    expect(await listed).toEqual({ delivered: ['member-2'], failed: [failure], isReplaced: false })
  })

  it('rejects member-unknown and not-joined, and takes up again after the next join', async () => {
    const { ada, bob } = setup()
    const atBob = collect(bob.channels.channel('c'))
    const channel = ada.channels.channel('c')
    await expect(channel.send(1, { to: 'nobody' })).rejects.toMatchObject({ code: 'member-unknown' })
    leave(ada)
    await expect(channel.send(1)).rejects.toMatchObject({ code: 'not-joined' })
    ada.hub.join()
    await channel.send(2)
    await settle()
    expect(atBob).toMatchObject([{ data: 2, from: 'member-4' }])
  })

  it('reports what nobody awaits, and no more than that', async () => {
    const { ada } = setup()
    leave(ada)
    void ada.channels.channel('c').send(1)
    await settle()
    expect(ada.hub.reports).toMatchObject([{ code: 'not-joined' }])
  })

  it('D2: made later than its messages brings those that follow', async () => {
    const { ada, bob } = setup()
    const channel = ada.channels.channel('late')
    await channel.send(1)
    await settle()
    const atBob = collect(bob.channels.channel('late'))
    await channel.send(2)
    await settle()
    expect(atBob).toMatchObject([{ data: 2 }])
  })

  it('calls listeners until they are off, once, or aborted; one that throws disturbs nobody', async () => {
    const { ada, bob } = setup()
    const atBob = bob.channels.channel('c')
    const calls: string[] = []
    const controller = new AbortController()
    atBob.on('message', () => {
      throw new Error('listener')
    })
    const off = atBob.on('message', () => calls.push('off'))
    atBob.on('message', () => calls.push('once'), { once: true })
    atBob.on('message', () => calls.push('signal'), { signal: controller.signal })
    const channel = ada.channels.channel('c')
    await channel.send(1)
    await settle()
    off()
    controller.abort()
    await channel.send(2)
    await settle()
    expect(calls).toEqual(['off', 'once', 'signal'])
    expect(bob.hub.reports).toHaveLength(2)
  })

  it('uses the codec that it was made with', async () => {
    const { ada, bob } = setup()
    const codec = {
      encode: (value: string) => new TextEncoder().encode(value.toUpperCase()),
      decode: (bytes: Uint8Array) => {
        if (bytes.length === 1) throw new Error('too short')
        return new TextDecoder().decode(bytes)
      },
    }
    const atBob = collect(bob.channels.channel('c', { codec }))
    const channel = ada.channels.channel('c', { codec })
    await channel.send('abc')
    await channel.send('x')
    await settle()
    expect(atBob).toMatchObject([{ data: 'ABC' }])
    expect(bob.invalid).toMatchObject([{ channel: 'c', from: 'member-1', error: { code: 'value-invalid' } }])
    await expect(channel.send(5 as never)).rejects.toMatchObject({ code: 'value-invalid' })
    const wrong = ada.channels.channel('w', { codec: { encode: () => 'text' as never, decode: () => 1 } })
    expect(() => wrong.send(1)).toThrow(TypeError)
  })
})

describe('names and options', () => {
  it.each([
    ['empty', ''],
    ['of 65 bytes', 'x'.repeat(65)],
    ['of 33 characters in 66 bytes', 'é'.repeat(33)],
    ['of our own', 'skein:chat'],
  ])('a name that is %s is a RangeError', (_name, name) => {
    expect(() => setup().ada.channels.channel(name)).toThrow(RangeError)
  })

  it('a name of 64 bytes is taken', () => {
    expect(setup().ada.channels.channel('é'.repeat(32)).name).toBe('é'.repeat(32))
  })

  it.each([
    ['name', [5]],
    ['options', ['c', null]],
    ['unknown option', ['c', { relaible: false }]],
    ['reliable', ['c', { reliable: 1 }]],
    ['validate', ['c', { validate: {} }]],
    ['validate, without a function,', ['c', { validate: { '~standard': { validate: 1 } } }]],
    ['codec', ['c', { codec: { encode: () => new Uint8Array(0) } }]],
    ['to', ['c', { to: [1] }]],
  ])('a bad %s is a TypeError', (_name, args) => {
    const { channels } = setup().ada
    expect(() => channels.channel(...(args as [string]))).toThrow(TypeError)
  })

  it('the same name gives the same channel, and options that disagree are RangeErrors', () => {
    const { channels } = setup().ada
    const options = { reliable: false, latest: true, validate: evenNumber, to: ['a', 'b'] }
    const channel = channels.channel('c', options)
    expect(channels.channel('c')).toBe(channel)
    expect(channels.channel('c', { ...options, to: ['b', 'a'] })).toBe(channel)
    expect(() => channels.channel('c', { reliable: true })).toThrow(RangeError)
    expect(() => channels.channel('c', { latest: false })).toThrow(RangeError)
    expect(() => channels.channel('c', { to: 'all' })).toThrow(RangeError)
    expect(() => channels.channel('c', { validate: schemaOf((value) => ({ value })) })).toThrow(RangeError)
  })

  it('bad arguments of send and on are thrown at the call', () => {
    const channel = setup().ada.channels.channel('c')
    expect(() => channel.send(1, { to: 5 as never })).toThrow(TypeError)
    expect(() => channel.send(1, { to: ['all'] })).toThrow(RangeError)
    expect(() => channel.send(1, { signal: {} as never })).toThrow(TypeError)
    expect(() => channel.send(1, { tO: 'x' } as never)).toThrow(TypeError)
    expect(() => channel.on('massage' as never, () => undefined)).toThrow(TypeError)
    expect(() => channel.on('message', 5 as never)).toThrow(TypeError)
  })
})

describe('bad values', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle

  it.each([
    ['a cyclic object', cycle],
    ['a function', () => 1],
    ['a symbol inside', { s: Symbol('s') }],
    ['a bigint beyond 64 bits', -(2n ** 63n) - 1n],
    ['an instance of a class', new Date()],
  ])('%s is a TypeError at the call, and nobody is disturbed', async (_name, value) => {
    const { ada, bob } = setup()
    const atBob = collect(bob.channels.channel('c'))
    const channel = ada.channels.channel('c')
    expect(() => channel.send(value)).toThrow(TypeError)
    await channel.send('next')
    await settle()
    expect(atBob).toMatchObject([{ data: 'next' }])
    expect(bob.invalid).toEqual([])
  })

  it('values beyond the size of a message are message-too-large', async () => {
    const { channels } = setup().ada
    const sent = channels.channel('c').send(new Uint8Array(MESSAGE_BYTES))
    await expect(sent).rejects.toMatchObject({ code: 'message-too-large' })
  })

  it('D1: hostile bytes raise channel:invalid and keep nothing from its way', async () => {
    const { ada, bob } = setup()
    const atBob = collect(bob.channels.channel('c'))
    const hostile = ada.hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, 'c')
    const elsewhere = ada.hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, 'nothing here')
    for (const bytes of [[], [99], [0], [0, 200], [0, 118, 255], [2], [3, 1], [1, 1, 9]]) {
      await hostile.send('all', Uint8Array.from(bytes))
      await elsewhere.send('all', Uint8Array.from(bytes))
    }
    await hostile.send('all', Uint8Array.of(0, ...encodeValue('fine', 100)))
    await settle()
    expect(bob.invalid).toHaveLength(8)
    expect(bob.invalid[0]).toMatchObject({ channel: 'c', from: 'member-1', error: { code: 'value-invalid' } })
    expect(atBob).toMatchObject([{ data: 'fine' }])
    expect(bob.hub.reports).toEqual([])
  })

  it('D2: of one member 16 streams of a name are read at a time', async () => {
    const { ada, bob } = setup()
    const atBob = collect(bob.channels.channel('c'))
    const open = () => ada.hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, 'c')
    const value = (number: number) => Uint8Array.of(0, ...encodeValue(number, 100))
    const streams = Array.from({ length: 20 }, open)
    for (const [number, stream] of streams.entries()) await stream.send('all', value(number))
    await settle()
    expect(atBob.map(({ data }) => data)).toEqual(Array.from({ length: 16 }, (_, number) => number))
    expect(bob.invalid).toHaveLength(4)
    expect(bob.invalid[0]).toMatchObject({ channel: 'c', from: 'member-1', error: { code: 'value-invalid' } })
    await streams[0]?.send('all', new Uint8Array(0), { end: true })
    await open().send('all', value(20))
    await settle()
    expect(atBob.at(-1)).toMatchObject({ data: 20 })
  })
})

describe('validate', () => {
  it('rejects value-invalid at the sender, and raises channel:invalid at the receiver', async () => {
    const { ada, bob, cyd } = setup()
    const strict = collect(bob.channels.channel('c', { validate: evenNumber }))
    const open = collect(ada.channels.channel('c'))
    await expect(bob.channels.channel('c').send(3)).rejects.toMatchObject({
      code: 'value-invalid',
      cause: [{ message: 'not an even number' }],
    })
    await ada.channels.channel('c').send(3)
    await cyd.channels.channel('c').send(4)
    await settle()
    expect(strict).toMatchObject([{ data: 4 }])
    expect(open).toMatchObject([{ data: 4 }])
    expect(bob.invalid).toMatchObject([
      { channel: 'c', from: 'member-1', error: { code: 'value-invalid', cause: [{ message: 'not an even number' }] } },
    ])
  })

  it('takes the schemas of a library, and their types', async () => {
    const { ada, bob } = setup()
    const schema = z.object({ x: z.number(), name: z.string().trim().optional() })
    const channel: Channel<z.infer<typeof schema>> = bob.channels.channel('c', { validate: schema })
    const atBob = collect(channel)
    await ada.channels.channel('c').send({ x: '1' })
    await ada.channels.channel('c').send({ x: 1, name: ' Ada ', more: true })
    await settle()
    expect(atBob).toMatchObject([{ data: { x: 1, name: 'Ada' } }])
    expect(bob.invalid).toMatchObject([{ channel: 'c', error: { code: 'value-invalid', cause: [{ path: ['x'] }] } }])
    await expect(channel.send({ x: NaN })).rejects.toMatchObject({ code: 'value-invalid' })
  })

  it('sends what it was given, and gives the receiver the output of the schema', async () => {
    const { ada, bob } = setup()
    const doubling = schemaOf<number>((value) => ({ value: (value as number) * 2 }))
    const atBob = collect(bob.channels.channel('c', { validate: doubling }))
    await ada.channels.channel('c', { validate: doubling }).send(1)
    await settle()
    expect(atBob).toMatchObject([{ data: 2 }])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('validator')
      },
    ],
    ['rejects', () => Promise.reject(new Error('validator'))],
    ['gives nothing', () => undefined as never],
  ])('that %s makes value-invalid at both ends', async (_name, validate) => {
    const { ada, bob } = setup()
    const schema = schemaOf(validate)
    const atBob = collect(bob.channels.channel('c', { validate: schema }))
    await ada.channels.channel('c').send(1)
    await settle()
    await expect(bob.channels.channel('c').send(1)).rejects.toMatchObject({ code: 'value-invalid' })
    expect(atBob).toEqual([])
    expect(bob.invalid).toHaveLength(1)
  })

  it('that takes its time keeps the order, at both ends', async () => {
    const { ada, bob } = setup()
    const first = defer()
    const slow = schemaOf<number>((value) =>
      value === 1 ? first.promise.then(() => ({ value })) : { value: value as number },
    )
    const atCyd = collect(bob.channels.channel('sender'))
    const sender = ada.channels.channel('sender', { validate: slow })
    const sends = [sender.send(1), sender.send(2)]
    const atBob = collect(bob.channels.channel('receiver', { validate: slow }))
    const receiver = ada.channels.channel('receiver')
    await Promise.all([receiver.send(1), receiver.send(2)])
    await settle()
    expect([atCyd, atBob]).toEqual([[], []])
    first.resolve()
    await Promise.all(sends)
    await settle()
    expect(atCyd).toMatchObject([{ data: 1 }, { data: 2 }])
    expect(atBob).toMatchObject([{ data: 1 }, { data: 2 }])
  })

  it('that never answers holds back the one stream that waits for it', async () => {
    const { network, ada, bob } = setup()
    network.window = 10_000
    bob.channels.channel('c', { validate: schemaOf(() => new Promise(() => undefined)) })
    const channel = ada.channels.channel('c')
    await Promise.all(Array.from({ length: 1_100 }, (_, i) => channel.send(i)))
    await settle()
    expect(bob.hub.pauses).toEqual([{ from: 'member-1', name: 'c', isPaused: true }])
  })

  it.each([true, false])('an abort during it keeps the value from being sent (reliable: %s)', async (reliable) => {
    const { ada, bob } = setup()
    const gate = defer()
    const atBob = collect(bob.channels.channel('c'))
    const validate = schemaOf((value) => gate.promise.then(() => ({ value })))
    const controller = new AbortController()
    const sent = ada.channels.channel('c', { validate, reliable }).send(1, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
    gate.resolve()
    await settle()
    expect(atBob).toEqual([])
  })
})

describe('leaving the group', () => {
  it.each([true, false])(
    'while a value is validated keeps it out of the next join (reliable: %s)',
    async (reliable) => {
      const { ada, bob } = setup()
      const gate = defer()
      const validate = schemaOf((value) => (value === 'old' ? gate.promise.then(() => ({ value })) : { value }))
      const atBob = collect(bob.channels.channel('c', { reliable }))
      const channel = ada.channels.channel('c', { validate, reliable })
      const old = channel.send('old')
      leave(ada)
      await expect(old).rejects.toMatchObject({ code: 'closed' })
      ada.hub.join()
      const next = channel.send('new')
      gate.resolve()
      await next
      await settle()
      expect(atBob).toMatchObject([{ data: 'new' }])
    },
  )
})

describe('a member that leaves', () => {
  it('brings nothing more, even if it waited for its validation', async () => {
    const { ada, bob } = setup()
    const gate = defer()
    const validate = schemaOf((value) => gate.promise.then(() => ({ value })))
    const atBob = collect(bob.channels.channel('c', { validate }))
    await ada.channels.channel('c').send(1)
    await settle()
    leave(ada)
    gate.resolve()
    await settle()
    expect(atBob).toEqual([])
  })
})

describe('types', () => {
  it('of values come from the schema, or from whoever asks for the channel', () => {
    const { channels } = setup().ada
    const parsed: StandardSchema<string, number> = {
      '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: Number(value) }) },
    }
    expectTypeOf(channels.channel('parsed', { validate: parsed })).toEqualTypeOf<Channel<string, number>>()
    expectTypeOf(channels.channel<{ x: number }>('typed')).toEqualTypeOf<Channel<{ x: number }>>()
    expectTypeOf(channels.channel('any')).toEqualTypeOf<Channel>()
    const channel = channels.channel<number>('n')
    expectTypeOf(channel.send(1)).toEqualTypeOf<Promise<void>>()
    expectTypeOf(channel.send(1, { confirm: true })).toEqualTypeOf<Promise<ChannelReport>>()
  })
})

describe('iterating', () => {
  it('gives every iterator every value, and ends with the channel, after what it holds', async () => {
    const { ada, bob } = setup()
    const atBob = bob.channels.channel<number>('c')
    const [one, two] = [atBob[Symbol.asyncIterator](), atBob[Symbol.asyncIterator]()]
    const channel = ada.channels.channel('c')
    await channel.send(1)
    await channel.send(2)
    await settle()
    expect(await one.next()).toMatchObject({ value: { from: 'member-1', data: 1 } })
    const read = (async () => {
      const values: number[] = []
      for await (const { data } of { [Symbol.asyncIterator]: () => two }) values.push(data)
      return values
    })()
    await settle()
    atBob.close()
    expect(await read).toEqual([1, 2])
    expect(await one.next()).toMatchObject({ value: { data: 2 } })
    expect(await one.next()).toEqual({ value: undefined, done: true })
  })

  it('pauses the stream of a member beyond 1,024 values, and resumes it at half', async () => {
    const { network, ada, bob } = setup()
    network.window = 10_000
    const iterator = bob.channels.channel<number>('c')[Symbol.asyncIterator]()
    const channel = ada.channels.channel('c')
    await Promise.all(Array.from({ length: 1_200 }, (_, i) => channel.send(i)))
    await settle()
    expect(bob.hub.pauses.map(({ isPaused }) => isPaused)).toEqual([true])
    for (let i = 0; i < 512; i++) await iterator.next()
    expect(bob.hub.pauses).toHaveLength(1)
    await iterator.next()
    expect(bob.hub.pauses.map(({ isPaused }) => isPaused)).toEqual([true, false])
    for (let i = 513; i < 1_200; i++) expect((await iterator.next()).value).toMatchObject({ data: i })
  })

  it('pauses beyond 4 MiB, and an iterator that is done with lets go', async () => {
    const { ada, bob } = setup()
    const iterator = bob.channels.channel('c')[Symbol.asyncIterator]()
    const channel = ada.channels.channel('c')
    for (let i = 0; i < 5; i++) await channel.send(new Uint8Array(1_024 * 1_024))
    await settle()
    expect(bob.hub.pauses.map(({ isPaused }) => isPaused)).toEqual([true])
    await iterator.return?.()
    expect(bob.hub.pauses.map(({ isPaused }) => isPaused)).toEqual([true, false])
    expect(await iterator.next()).toEqual({ value: undefined, done: true })
  })

  it('drops the oldest of an unreliable channel, and pauses nobody', async () => {
    const { ada, bob } = setup()
    const iterator = bob.channels.channel<number>('c', { reliable: false })[Symbol.asyncIterator]()
    const channel = ada.channels.channel('c', { reliable: false })
    for (let i = 0; i < 1_100; i++) await channel.send(i)
    await settle()
    expect(bob.hub.pauses).toEqual([])
    expect((await iterator.next()).value).toMatchObject({ data: 1_100 - 1_024 })
  })
})

describe('a reliable channel that a member takes for an unreliable one', () => {
  it('brings its values while there is room, and drops none of the others', async () => {
    const { network, ada, bob, cyd } = setup()
    network.window = 10_000
    const iterator = cyd.channels.channel<number>('c')[Symbol.asyncIterator]()
    const [loose, firm] = [ada.channels.channel('c', { reliable: false }), bob.channels.channel('c')]
    await loose.send(-1)
    for (let i = 0; i < 1_025; i++) await firm.send(i)
    await settle()
    for (let i = 0; i < 2_000; i++) await loose.send(-2)
    await settle()
    for (let i = -1; i < 1_025; i++) expect((await iterator.next()).value).toMatchObject({ data: i })
    await loose.send(-3)
    await settle()
    expect((await iterator.next()).value).toMatchObject({ data: -3 })
  })
})

describe('an unreliable channel', () => {
  it('never waits', async () => {
    const { network, ada } = setup()
    network.isHeld = true
    const channel = ada.channels.channel('c', { reliable: false })
    for (let i = 0; i < 100; i++) await channel.send(i)
    expect(ada.hub.ownNamed('c')[0]?.opening.mode).toBe(STREAM_MODE.UNRELIABLE)
    await ada.channels.channel('l', { reliable: false, latest: true }).send(1)
    expect(ada.hub.ownNamed('l')[0]?.opening.mode).toBe(STREAM_MODE.LATEST)
  })

  it('D4: takes values of 16 KiB and refuses larger ones', async () => {
    const channel = setup().ada.channels.channel('c', { reliable: false })
    await channel.send(new Uint8Array(16_384 - 3))
    await expect(channel.send(new Uint8Array(16_384 - 2))).rejects.toMatchObject({ code: 'message-too-large' })
  })

  it('rejects not-joined and member-unknown, and confirms nothing', async () => {
    const { ada } = setup()
    const channel = ada.channels.channel('c', { reliable: false })
    expect(() => channel.send(1, { confirm: true })).toThrow(RangeError)
    await expect(channel.send(1, { to: 'nobody' })).rejects.toMatchObject({ code: 'member-unknown' })
    leave(ada)
    await expect(channel.send(1)).rejects.toMatchObject({ code: 'not-joined' })
  })

  it('has no requests', () => {
    const channel = setup().ada.channels.channel('c', { reliable: false })
    expect(() => channel.request(1, { to: 'member-2' })).toThrow(RangeError)
    expect(() => channel.requestAll(1)).toThrow(RangeError)
    expect(() => channel.requestStream(1, { to: 'member-2' })).toThrow(RangeError)
    expect(() => channel.handle(() => 1)).toThrow(RangeError)
  })
})

describe('latest on a reliable channel', () => {
  /** So large that a second one waits until the first is acknowledged. */
  const large = (name: string) => ({ name, filling: new Uint8Array(16_384) })
  type Large = ReturnType<typeof large>
  const names = (messages: readonly ChannelMessage<Large>[]) => messages.map(({ data, to }) => `${data.name} ${to}`)

  it('D11: holds back what comes while too much is unacknowledged, and then sends the newest to each audience', async () => {
    const { network, ada, bob } = setup()
    const atBob = collect(bob.channels.channel<Large>('c'))
    const channel = ada.channels.channel<Large>('c', { latest: true })
    network.isHeld = true
    await channel.send(large('1'))
    const sends = ['2', '3', '4'].map((name) => channel.send(large(name)))
    const other = channel.send(large('bob'), { to: 'member-2' })
    const replaced = channel.send(large('bob again'), { to: 'member-2', confirm: true })
    const last = channel.send(large('bob at last'), { to: 'member-2' })
    await Promise.all([sends[0], sends[1], other])
    expect(await replaced).toEqual({ delivered: [], failed: [], isReplaced: true })
    expect(await isSettled(last)).toBe(false)
    network.release()
    await Promise.all([...sends, last])
    await settle()
    expect(names(atBob)).toEqual(['1 all', '4 all', 'bob at last me'])
  })

  it('D11: lets small values go together, 16 KiB of them and the newest, however much room there is', async () => {
    const { network, ada, bob } = setup()
    Object.assign(network, { window: 10_000, isHeld: true })
    const atBob = collect(bob.channels.channel<Uint8Array>('c'))
    const channel = ada.channels.channel<Uint8Array>('c', { latest: true })
    const sends = Array.from({ length: 1_000 }, (_, i) => channel.send(new Uint8Array(1_024).fill(i % 251)))
    await settle()
    network.release()
    await Promise.all(sends)
    await settle()
    expect(atBob).toHaveLength(17)
    expect(atBob.at(-1)?.data[0]).toBe(999 % 251)
  })

  it('D11: goes on with those who acknowledge; who is slow gets the newest, and nothing piles up for it', async () => {
    const { network, ada, bob, cyd } = setup()
    network.heldFor.add(cyd.hub)
    const [atBob, atCyd] = [bob, cyd].map((member) => collect(member.channels.channel<Large>('c'))) as [
      ChannelMessage<Large>[],
      ChannelMessage<Large>[],
    ]
    const channel = ada.channels.channel<Large>('c', { latest: true })
    const reports: Promise<ChannelReport>[] = []
    for (const name of ['1', '2', '3', '4']) {
      await channel.send(large(name))
      reports.push(channel.send(large(`${name} told`), { confirm: true }))
      await settle()
    }
    expect(names(atBob)).toEqual(
      ['1', '1 told', '2', '2 told', '3', '3 told', '4', '4 told'].map((name) => `${name} all`),
    )
    network.release()
    expect(await reports[2]).toEqual({ delivered: ['member-2'], failed: [], isReplaced: true })
    expect(await reports[3]).toEqual({ delivered: ['member-2', 'member-3'], failed: [], isReplaced: false })
    expect(names(atCyd)).toEqual(['1 all', '4 told all'])
  })

  it('reports what waits for a member that leaves, and rejects it unless confirmed', async () => {
    const { network, ada, cyd } = setup()
    network.heldFor.add(cyd.hub)
    const channel = ada.channels.channel<Large>('c', { latest: true })
    await channel.send(large('1'))
    const told = channel.send(large('2'), { confirm: true })
    const alone = channel.send(large('3'), { to: 'member-3' })
    await settle()
    leave(cyd)
    const failure = { id: 'member-3', code: 'member-left', maybeDelivered: false }
    expect(await told).toEqual({ delivered: ['member-2'], failed: [failure], isReplaced: false })
    await expect(alone).rejects.toMatchObject({ code: 'member-left', maybeDelivered: false })
    await expect(channel.send(large('4'), { to: 'member-3' })).rejects.toMatchObject({ code: 'member-unknown' })
  })

  it('does not send what was aborted while it waited, nor what waited for an earlier join', async () => {
    const { network, ada, bob } = setup()
    network.isHeld = true
    const atBob = collect(bob.channels.channel<Large>('c'))
    const channel = ada.channels.channel<Large>('c', { latest: true })
    await channel.send(large('1'))
    const controller = new AbortController()
    const second = channel.send(large('2'), { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    network.release()
    await settle()
    network.isHeld = true
    await channel.send(large('3'))
    const waiting = channel.send(large('4'))
    leave(ada)
    await expect(waiting).rejects.toMatchObject({ code: 'closed' })
    network.release()
    ada.hub.join()
    await channel.send(large('5'))
    await settle()
    expect(names(atBob)).toEqual(['1 all', '5 all'])
  })

  it('sends to a member at once that came after another had too much unacknowledged', async () => {
    const { network, ada, bob } = setup()
    network.heldFor.add(bob.hub)
    const channel = ada.channels.channel<Large>('c', { latest: true })
    await channel.send(large('1'))
    const dan = createMember(network)
    const atDan = collect(dan.channels.channel<Large>('c'))
    await channel.send(large('2'))
    await settle()
    expect(names(atDan)).toEqual(['2 all'])
  })
})

describe('closing a channel', () => {
  it('D2: ends its stream for all, rejects what waits and what comes later, and is idempotent', async () => {
    const { network, ada, bob } = setup()
    const atBob = collect(bob.channels.channel('c'))
    const channel = ada.channels.channel('c')
    network.window = 1
    network.isHeld = true
    await channel.send(1)
    const waiting = channel.send(2)
    channel.close()
    channel.close()
    await expect(waiting).rejects.toMatchObject({ code: 'closed' })
    await expect(channel.send(3)).rejects.toMatchObject({ code: 'closed' })
    expect(() => channel.handle(() => 1)).toThrow('closed')
    expect(await channel[Symbol.asyncIterator]().next()).toMatchObject({ done: true })
    network.release()
    await settle()
    expect(ada.hub.ownNamed('c')[0]?.sent.map(({ end }) => end)).toEqual([false, false, true])
    expect(atBob).toMatchObject([{ data: 1 }, { data: 2 }])
    expect(bob.invalid).toEqual([])
  })

  it('D2: lets another of the same name be made, with other options', async () => {
    const { ada, bob } = setup()
    const old = bob.channels.channel('c')
    const before = collect(old)
    old.close()
    const again = bob.channels.channel('c', { validate: evenNumber })
    expect(again).not.toBe(old)
    const after = collect(again)
    await ada.channels.channel('c').send(2)
    await settle()
    expect([before, after]).toMatchObject([[], [{ data: 2 }]])
  })

  it('of one that nothing was sent on tells nobody', () => {
    const { ada } = setup()
    ada.channels.channel('c').close()
    expect(ada.hub.ownNamed('c').flatMap(({ sent }) => sent)).toEqual([])
  })

  it('a newcomer hears what is sent from then on', async () => {
    const { network, ada } = setup()
    const channel = ada.channels.channel('c')
    await channel.send(1)
    const dan = createMember(network)
    const atDan = collect(dan.channels.channel('c'))
    await channel.send(2)
    await settle()
    expect(atDan).toMatchObject([{ data: 2 }])
  })
})
