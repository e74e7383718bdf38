import { describe, expect, it } from 'vitest'
import { RequestError, type RequestResult } from '../../../sdk/channel/index.js'
import { encodeValue } from '../../../sdk/protocol/any-value.js'
import { encodeChannelFrame, REASON, type ChannelFrame } from '../../../sdk/protocol/channel-frames.js'
import { STREAM_KIND, STREAM_MODE } from '../../../sdk/protocol/streams.js'
import { FakeHub } from '../../support/fake-hub.js'
import { defer, evenNumber, leave, MESSAGE_BYTES, schemaOf, settle, setup } from './setup.js'

const toBob = { to: 'member-2' }
const never = () => new Promise(() => undefined)

/** Ada's channel, and what Bob answers on his. */
const setupWith = (handler: Parameters<ReturnType<typeof create>['theirs']['handle']>[0]) => {
  const made = create()
  made.theirs.handle(handler)
  return made
}

const create = () => {
  const world = setup()
  return { ...world, mine: world.ada.channels.channel('c'), theirs: world.bob.channels.channel('c') }
}

const fails = async (promise: Promise<unknown>): Promise<Record<string, unknown>> => {
  const error: unknown = await promise.then(
    () => new Error('it was fulfilled'),
    (error: unknown) => error,
  )
  return error as Record<string, unknown>
}

const readAll = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const read: Item[] = []
  for await (const item of items) read.push(item)
  return read
}

/** A stream of Ada's on which any bytes go. */
const hostile = ({ ada }: ReturnType<typeof create>, mode: 0 | 2 = STREAM_MODE.MESSAGES) => {
  const stream = ada.hub.own(STREAM_KIND.CHANNEL, mode, 'c')
  return {
    send: async (frame: ChannelFrame) => {
      await stream.send('member-2', encodeChannelFrame(frame))
      await settle()
    },
  }
}

const request = (id: number, isStream = false): ChannelFrame => ({
  ...{ type: 'request', id, isStream },
  payload: encodeValue(id, 100),
})

describe('a request', () => {
  it('is answered by the handler of the member that it is for, told who asks', async () => {
    const { cyd, mine } = setupWith((value, { from }) => ({ value, from, bytes: Uint8Array.of(1) }))
    cyd.channels.channel('c').handle(() => 'wrong')
    expect(await mine.request({ q: 1 }, toBob)).toEqual({ value: { q: 1 }, from: 'member-1', bytes: Uint8Array.of(1) })
  })

  it('may be answered by a promise, with undefined, and in another order', async () => {
    const first = defer<string>()
    const { mine } = setupWith((value) => (value === 1 ? first.promise : undefined))
    const slow = mine.request(1, toBob)
    expect(await mine.request(2, toBob)).toBeUndefined()
    first.resolve('late')
    expect(await slow).toBe('late')
  })

  it('goes to whom the channel was made for', async () => {
    const { ada, bob } = setup()
    bob.channels.channel('d').handle(() => 'bob')
    expect(await ada.channels.channel('d', toBob).request(1)).toBe('bob')
  })

  it('of bad arguments throws at the call', () => {
    const { mine } = create()
    expect(() => mine.request(1)).toThrow(TypeError)
    expect(() => mine.request(1, { to: 'all' })).toThrow(TypeError)
    expect(() => mine.request(() => 1, toBob)).toThrow(TypeError)
    expect(() => mine.request(1, { ...toBob, timeoutMs: 0 })).toThrow(RangeError)
    expect(() => mine.request(1, { ...toBob, timeoutMs: '1' as never })).toThrow(TypeError)
    expect(() => mine.handle(5 as never)).toThrow(TypeError)
  })

  it('has one handler, which can be taken away', async () => {
    const { mine, theirs } = create()
    const handler = () => 1
    const off = theirs.handle(handler)
    expect(() => theirs.handle(handler)).toThrow(RangeError)
    off()
    theirs.handle(handler)
    off()
    expect(await mine.request(1, toBob)).toBe(1)
  })

  it('leaves nothing behind once answered', async () => {
    const { ada, mine } = setupWith(() => 1)
    await mine.request(1, toBob)
    expect(ada.timers.count).toBe(0)
  })

  it('validates the question at both ends', async () => {
    const { ada, bob } = setup()
    let calls = 0
    bob.channels.channel('v', { validate: evenNumber }).handle(() => ++calls)
    const loose = await fails(ada.channels.channel('v').request(3, toBob))
    expect(loose).toMatchObject({ code: 'value-invalid', maybeRan: false })
    expect(bob.invalid).toMatchObject([{ channel: 'v', from: 'member-1' }])
    const strict = await fails(bob.channels.channel('v').request(3, { to: 'member-1' }))
    expect(strict).toMatchObject({ code: 'value-invalid' })
    expect(calls).toBe(0)
  })
})

describe('a request on a channel with a codec', () => {
  const text = {
    encode: (value: unknown) => new TextEncoder().encode(String(value)),
    decode: (bytes: Uint8Array): unknown => new TextDecoder().decode(bytes),
  }

  it('is asked and answered in its bytes, item by item too', async () => {
    const { ada, bob } = setup()
    const mine = ada.channels.channel('c', { codec: text })
    const off = bob.channels.channel('c', { codec: text }).handle((value) => `${value as string}!`)
    expect(await mine.request('ask', toBob)).toBe('ask!')
    off()
    bob.channels.channel('c').handle(async function* (value) {
      yield value
      yield 2
    })
    expect(await readAll(mine.requestStream('item', toBob))).toEqual(['item', '2'])
    const frames = [ada, bob].flatMap(({ hub }) => hub.ownNamed('c').flatMap(({ sent }) => sent))
    const bodies = frames.map(({ bytes }) => new TextDecoder().decode(bytes))
    for (const body of ['ask', 'ask!', 'item', '2']) expect(bodies.some((frame) => frame.endsWith(body))).toBe(true)
  })

  it('takes what is in the buffer at the call, though the codec uses it again before the question is valid', async () => {
    const { ada, bob } = setup()
    const buffer = new Uint8Array(1)
    const codec = {
      encode: (value: unknown) => {
        buffer[0] = value as number
        return buffer
      },
      decode: (bytes: Uint8Array): unknown => bytes[0],
    }
    const gate = defer()
    const validate = schemaOf<unknown>((value) => gate.promise.then(() => ({ value })))
    bob.channels.channel('c', { codec }).handle((value) => value)
    const mine = ada.channels.channel('c', { codec, validate })
    const answers = Promise.all([mine.request(1, toBob), mine.request(2, toBob)])
    gate.resolve()
    expect(await answers).toEqual([1, 2])
  })

  it('that cannot encode the answer: the handler has failed, and its own side is told why', async () => {
    const { ada, bob } = setup()
    const encode = () => {
      throw new Error('secret')
    }
    bob.channels.channel('c', { codec: { ...text, encode } }).handle(() => 1)
    const asked = fails(ada.channels.channel('c', { codec: text }).request(1, toBob))
    expect(await asked).toMatchObject({ code: 'handler-failed', maybeRan: true })
    expect(bob.hub.reports).toMatchObject([{ code: 'value-invalid', cause: { message: 'secret' } }])
  })

  it('that cannot decode the question, or the answer: it is not valid, and whoever got it is told', async () => {
    const broken = {
      encode: text.encode,
      decode: () => {
        throw new Error('unreadable')
      },
    }
    const there = setup()
    there.bob.channels.channel('c', { codec: broken }).handle(() => 1)
    const question = await fails(there.ada.channels.channel('c', { codec: text }).request(1, toBob))
    expect(question).toMatchObject({ code: 'value-invalid', maybeRan: false })
    expect(there.bob.invalid).toMatchObject([{ channel: 'c', error: { cause: { message: 'unreadable' } } }])

    const here = setup()
    here.bob.channels.channel('c', { codec: text }).handle(() => 1)
    const answer = await fails(here.ada.channels.channel('c', { codec: broken }).request(1, toBob))
    expect(answer).toMatchObject({ code: 'value-invalid', maybeRan: true })
    expect(here.ada.invalid).toMatchObject([{ channel: 'c', from: 'member-2' }])
  })
})

describe('an answer', () => {
  it('is not kept back by values that nobody reads', async () => {
    const { ada, network, bob, mine, theirs } = setupWith(() => 'answer')
    network.window = 10_000
    const iterator = mine[Symbol.asyncIterator]()
    for (let i = 0; i < 1_100; i++) await theirs.send(i)
    await settle()
    expect(ada.hub.pauses).toMatchObject([{ isPaused: true }])
    expect(await mine.request(1, toBob)).toBe('answer')
    await iterator.return?.()
    expect(bob.hub.reports).toEqual([])
  })
})

describe('a request that fails', () => {
  it('D3: where there is no handler, or no channel: no-handler, it did not run', async () => {
    const { ada, bob, mine } = create()
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'no-handler', maybeRan: false })
    const nowhere = ada.channels.channel('nowhere')
    expect(await fails(nowhere.request(1, toBob))).toMatchObject({ code: 'no-handler', maybeRan: false })
    bob.channels.channel('loose', { reliable: false })
    const loose = ada.channels.channel('loose')
    expect(await fails(loose.request(1, toBob))).toMatchObject({ code: 'no-handler', maybeRan: false })
  })

  it('by a RequestError: with its code and text', async () => {
    const { bob, mine } = setupWith(() => {
      throw new RequestError('too-early', 'come back at nine')
    })
    const error = await fails(mine.request(1, toBob))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ code: 'too-early', message: 'come back at nine', maybeRan: true })
    expect(bob.hub.reports).toEqual([])
  })

  it('D9: by any other error: handler-failed without its text, which its own side is told', async () => {
    const { bob, mine } = setupWith(async () => {
      throw new Error('secret')
    })
    const error = await fails(mine.request(1, toBob))
    expect(error).toMatchObject({ code: 'handler-failed', maybeRan: true })
    expect(JSON.stringify([error.message, error.cause])).not.toContain('secret')
    expect(bob.hub.reports).toMatchObject([{ message: 'secret' }])
  })

  it('by an answer that cannot be carried: handler-failed', async () => {
    const { bob, mine } = setupWith(() => ({ f: () => 1 }))
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'handler-failed', maybeRan: true })
    expect(bob.hub.reports[0]).toBeInstanceOf(TypeError)
  })

  it('D7: by a stream for an answer: answer-streamed', async () => {
    const { mine } = setupWith(async function* () {
      yield 1
    })
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'answer-streamed', maybeRan: true })
  })

  it('D10: by time: request-timeout, it may have run; the handler is told, and its answer ignored', async () => {
    const answer = defer<number>()
    const signals: AbortSignal[] = []
    const { ada, bob, mine } = setupWith((_value, { signal }) => {
      signals.push(signal)
      return answer.promise
    })
    const asked = fails(mine.request(1, { ...toBob, timeoutMs: 500 }))
    await settle()
    ada.timers.advance(499)
    expect(signals[0]?.aborted).toBe(false)
    ada.timers.advance(1)
    expect(await asked).toMatchObject({ code: 'request-timeout', maybeRan: true })
    await settle()
    expect(signals[0]?.aborted).toBe(true)
    answer.resolve(1)
    await settle()
    expect([...ada.invalid, ...bob.invalid, ...bob.hub.reports]).toEqual([])
  })

  it('by time, after 10 s unless said otherwise', async () => {
    const { ada, mine } = setupWith(never)
    const asked = fails(mine.request(1, toBob))
    await settle()
    ada.timers.advance(9_999)
    expect(ada.timers.count).toBe(1)
    ada.timers.advance(1)
    expect(await asked).toMatchObject({ code: 'request-timeout' })
  })

  it('by its signal: with its reason, and the signal of the handler aborts', async () => {
    const aborted = defer<boolean>()
    const { mine, ada } = setupWith(async (_value, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      aborted.resolve(true)
    })
    const controller = new AbortController()
    const asked = mine.request(1, { ...toBob, signal: controller.signal })
    await settle()
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    expect(await aborted.promise).toBe(true)
    await expect(mine.request(1, { ...toBob, signal: controller.signal })).rejects.toThrow('enough')
    expect(ada.hub.reports).toEqual([])
  })

  it('by a signal before its validation is done is never sent', async () => {
    const { ada, bob } = setup()
    let calls = 0
    bob.channels.channel('v').handle(() => ++calls)
    const gate = defer()
    const mine = ada.channels.channel('v', { validate: schemaOf((value) => gate.promise.then(() => ({ value }))) })
    const controller = new AbortController()
    const asked = fails(mine.request(1, { ...toBob, signal: controller.signal }))
    controller.abort()
    gate.resolve()
    await asked
    await settle()
    expect([calls, ...ada.hub.ownNamed('v').map(({ sent }) => sent)]).toEqual([0, [], []])
  })

  it('while it is validated, by time, by leaving or by closing: it did not run', async () => {
    const endings: readonly [string, (world: ReturnType<typeof setup>) => void][] = [
      ['request-timeout', ({ ada }) => ada.timers.advance(10_000)],
      ['closed', ({ ada }) => leave(ada)],
      ['closed', ({ ada }) => ada.channels.channel('v').close()],
    ]
    for (const [code, end] of endings) {
      const world = setup()
      let calls = 0
      world.bob.channels.channel('v').handle(() => ++calls)
      const gate = defer()
      const validate = schemaOf((value) => gate.promise.then(() => ({ value })))
      const asked = fails(world.ada.channels.channel('v', { validate }).request(1, toBob))
      await settle()
      end(world)
      expect(await asked).toMatchObject({ code, maybeRan: false })
      gate.resolve()
      await settle()
      expect(calls).toBe(0)
    }
  })

  it('D12: by an answer that is given up on its way: member-stalled, and it may have run', async () => {
    const { ada, mine, network } = setupWith(() => 'answer')
    network.heldFor.add(ada.hub)
    const asked = fails(mine.request(1, toBob))
    await settle()
    network.stall(ada.hub)
    network.release()
    expect(await asked).toMatchObject({ code: 'member-stalled', maybeRan: true })
  })

  it('by the member that leaves: it may have run if it got it, or may have got it', async () => {
    const { ada, bob, mine } = setupWith(never)
    const received = fails(mine.request(1, toBob))
    await settle()
    leave(bob)
    expect(await received).toMatchObject({ code: 'member-left', maybeRan: true })
    expect(ada.timers.count).toBe(0)

    for (const isMaybeDelivered of [false, true]) {
      const { network, bob, mine } = setupWith(never)
      Object.assign(network, { isHeld: true, isMaybeDelivered })
      const unacknowledged = fails(mine.request(1, toBob))
      await settle()
      leave(bob)
      expect(await unacknowledged).toMatchObject({ code: 'member-left', maybeRan: isMaybeDelivered })
    }
  })

  it('not by a member that leaves and comes back before the question is valid', async () => {
    const { ada, bob } = setup()
    const [gate, answer] = [defer(), defer<string>()]
    bob.channels.channel('v').handle(() => answer.promise)
    const mine = ada.channels.channel('v', { validate: schemaOf((value) => gate.promise.then(() => ({ value }))) })
    const asked = mine.request(1, toBob)
    ada.hub.tell({ id: 'member-2', isHere: false })
    ada.hub.tell({ id: 'member-2', isHere: true })
    gate.resolve()
    await settle()
    answer.resolve('answer')
    expect(await asked).toBe('answer')
  })

  it('by the member that leaves before it is known that it got it', async () => {
    const { bob, mine } = setupWith(() => {
      leave(bob)
    })
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'member-left', maybeRan: true })
  })

  it('by a member that is unknown, a group that is not joined, or left meanwhile', async () => {
    const { ada, mine } = setupWith(never)
    expect(await fails(mine.request(1, { to: 'nobody' }))).toMatchObject({ code: 'member-unknown', maybeRan: false })
    const asked = fails(mine.request(1, toBob))
    await settle()
    leave(ada)
    expect(await asked).toMatchObject({ code: 'closed', maybeRan: true })
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'not-joined' })
  })

  it('by the channel being closed, at either end', async () => {
    const signals: AbortSignal[] = []
    const handler = (_value: unknown, { signal }: { readonly signal: AbortSignal }) => {
      signals.push(signal)
      return never()
    }
    const here = setupWith(handler)
    const asked = fails(here.mine.request(1, toBob))
    await settle()
    here.mine.close()
    expect(await asked).toMatchObject({ code: 'closed', maybeRan: true })
    await settle()
    expect(signals[0]?.aborted).toBe(true)

    const there = setupWith(handler)
    const answered = fails(there.mine.request(1, toBob))
    await settle()
    there.theirs.close()
    expect(await answered).toMatchObject({ code: 'handler-failed', maybeRan: true })
    expect(signals[1]?.aborted).toBe(true)
  })
})

describe('RequestError', () => {
  it('takes codes of 1 to 64 characters, and cuts its text at 512, between characters', () => {
    expect(() => new RequestError('')).toThrow(RangeError)
    expect(() => new RequestError('x'.repeat(65))).toThrow(RangeError)
    expect(new RequestError('x'.repeat(64), 'y'.repeat(600)).message).toBe('y'.repeat(512))
    expect(new RequestError('x', `${'y'.repeat(511)}😀`).message).toBe('y'.repeat(511))
  })

  it('arrives at its longest', async () => {
    const { mine } = setupWith(() => {
      throw new RequestError('é'.repeat(64), '€'.repeat(512))
    })
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'é'.repeat(64), message: '€'.repeat(512) })
  })

  it('arrives within its limits though it was changed since it was made', async () => {
    const changed = Object.assign(new RequestError('x'), { code: 'y'.repeat(65), message: 'z'.repeat(513) })
    const { mine } = setupWith(() => {
      throw changed
    })
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'y'.repeat(64), message: 'z'.repeat(512) })
  })

  it('whose code was emptied is any other error: handler-failed, and its own side is told', async () => {
    const emptied = Object.assign(new RequestError('x'), { code: '' })
    const { bob, mine } = setupWith(() => {
      throw emptied
    })
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'handler-failed', maybeRan: true })
    expect(bob.hub.reports).toEqual([emptied])
  })
})

describe('handlers that never answer', () => {
  it('D6: are bounded by member: beyond 1,024 it is busy, and others are not', async () => {
    const { cyd, mine, theirs } = setupWith(never)
    for (let i = 0; i < 1_024; i++) void mine.request(i, toBob).catch(() => undefined)
    await settle()
    expect(await fails(mine.request('more', toBob))).toMatchObject({ code: 'busy', maybeRan: false })
    const elsewhere = cyd.channels.channel('c').request(1, { ...toBob, timeoutMs: 5 })
    await settle()
    cyd.timers.advance(5)
    expect(await fails(elsewhere)).toMatchObject({ code: 'request-timeout' })
    theirs.close()
  })

  it('D6: are bounded by what their questions take, too: beyond 64 MiB of one member it is busy', async () => {
    const answers: ((value: unknown) => void)[] = []
    const { cyd, mine, theirs } = setupWith(() => new Promise((resolve) => answers.push(resolve)))
    const large = new Uint8Array(MESSAGE_BYTES - 1_000)
    const asked = Array.from({ length: 8 }, () => mine.request(large, toBob))
    await settle()
    expect(await fails(mine.request(large, toBob))).toMatchObject({ code: 'busy', maybeRan: false })
    const [small, elsewhere] = [mine.request(1, toBob), cyd.channels.channel('c').request(large, toBob)]
    await settle()
    expect(answers).toHaveLength(10)
    for (const answer of answers) answer('done')
    expect(await Promise.all([...asked, small, elsewhere])).toEqual(Array.from({ length: 10 }, () => 'done'))
    const again = mine.request(large, toBob)
    await settle()
    answers.at(-1)?.('again')
    expect(await again).toBe('again')
    theirs.close()
  })

  it('D6: keep their place when they are cancelled, and give it back when their member leaves', async () => {
    const world = create()
    const aborted: string[] = []
    world.theirs.handle((_value, { from, signal }) => {
      signal.addEventListener('abort', () => aborted.push(from))
      return never()
    })
    const { send } = hostile(world)
    for (let id = 5_001; id <= 6_024; id++) {
      await send(request(id))
      await send({ type: 'cancel', id })
    }
    expect(aborted).toHaveLength(1_024)
    expect(await fails(world.mine.request(1, toBob))).toMatchObject({ code: 'busy' })
    leave(world.ada)
    world.ada.hub.join()
    void world.mine.request(1, toBob).catch(() => undefined)
    await settle()
    leave(world.ada)
    await settle()
    expect(aborted.slice(1_024)).toEqual(['member-4'])
  })

  it('D6: refusals that nobody takes do not pile up', async () => {
    const { network, bob } = create()
    const eve = new FakeHub(network)
    eve.read(STREAM_KIND.CHANNEL, (stream) => {
      stream.pause(true)
      return { message: () => undefined, lost: () => undefined }
    })
    eve.join()
    const stream = eve.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, 'c')
    for (let id = 1; id <= 2_000; id++) await stream.send('member-2', encodeChannelFrame(request(id)))
    await settle()
    expect(bob.hub.ownNamed('skein:requests')[0]?.sent).toHaveLength(network.window + 1_024)
  })
})

describe('hostile requests', () => {
  it('D5: run a handler once for an id, on one stream or several', async () => {
    const world = create()
    const ids: unknown[] = []
    world.theirs.handle((value) => {
      ids.push(value)
      return never()
    })
    const [one, two] = [hostile(world), hostile(world)]
    for (const id of [5, 5, 4, 6]) await one.send(request(id))
    await two.send(request(5))
    expect(ids).toEqual([5, 6])
  })

  it('D1, D5: on a stream that is not reliable, or that cannot be read, run nothing', async () => {
    const world = create()
    let calls = 0
    world.theirs.handle(() => ++calls)
    await hostile(world, STREAM_MODE.UNRELIABLE).send(request(1))
    await hostile(world).send({ type: 'request', id: 2, isStream: false, payload: Uint8Array.of(200) })
    expect(calls).toBe(0)
    expect(world.bob.invalid).toHaveLength(2)
  })

  it('D10: answers never asked for, or not of this member, are ignored', async () => {
    const world = setupWith(never)
    const { bob, cyd, mine } = world
    let settled = false
    void mine
      .request(1, toBob)
      .finally(() => (settled = true))
      .catch(() => undefined)
    await settle()
    const answers: ChannelFrame[] = [
      { type: 'answer', id: 1, isLast: true, number: null, payload: encodeValue('forged', 100) },
      { type: 'error', id: 1, reason: REASON.FAILED, code: '', text: '' },
    ]
    const stray: ChannelFrame[] = [
      { type: 'answer', id: 77, isLast: true, number: null, payload: encodeValue('stray', 100) },
      { type: 'error', id: 77, reason: REASON.THROWN, code: 'c', text: '' },
      { type: 'cancel', id: 77 },
      { type: 'credit', id: 77, count: 5 },
    ]
    for (const [{ hub }, frames] of [
      [cyd, [...answers, ...stray]],
      [bob, stray],
    ] as const) {
      const stream = hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, 'c')
      for (const frame of frames) await stream.send('member-1', encodeChannelFrame(frame))
    }
    await settle()
    expect(settled).toBe(false)
    expect(world.ada.invalid).toEqual([])
    leave(world.ada)
  })

  it.each<[string, Partial<ChannelFrame>]>([
    ['cannot be read', { payload: Uint8Array.of(200) }],
    ['says that more follows', { isLast: false }],
    ['is an item of a stream', { isLast: false, number: 1 }],
    ['has a number', { number: 1 }],
    ['is empty', { payload: null }],
  ])('D7: an answer that %s fails the request and raises channel:invalid', async (_name, damage) => {
    const { ada, bob, mine } = setupWith(never)
    const asked = fails(mine.request(1, toBob))
    await settle()
    const answer = {
      type: 'answer',
      id: 1,
      isLast: true,
      number: null,
      payload: encodeValue(1, 10),
      ...damage,
    } as ChannelFrame
    await bob.hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, 'x').send('member-1', encodeChannelFrame(answer))
    expect(await asked).toMatchObject({ code: 'value-invalid', maybeRan: true })
    expect(ada.invalid).toMatchObject([{ channel: 'c', from: 'member-2' }])
  })
})

describe('requestAll', () => {
  it('gives a result for each member as they come, to every reader', async () => {
    const slow = defer<string>()
    const { cyd, mine } = setupWith(() => slow.promise)
    cyd.channels.channel('c').handle(() => {
      throw new RequestError('no')
    })
    const results = mine.requestAll(1)
    const read: RequestResult[] = []
    for await (const result of results) {
      read.push(result)
      slow.resolve('late')
    }
    expect(read).toMatchObject([
      { id: 'member-3', status: 'rejected', error: { code: 'no' } },
      { id: 'member-2', status: 'fulfilled', value: 'late' },
    ])
    expect(await results.all()).toEqual(read)
  })

  it('asks those it is told to, and whoever is unknown is a result', async () => {
    const { mine } = setupWith(() => 'bob')
    expect(await mine.requestAll(1, { to: ['member-2', 'nobody'] }).all()).toMatchObject([
      { id: 'nobody', status: 'rejected', error: { code: 'member-unknown' } },
      { id: 'member-2', status: 'fulfilled' },
    ])
    expect(await mine.requestAll(1, { to: [] }).all()).toEqual([])
  })

  it('times out member by member', async () => {
    const { ada, cyd, mine } = setupWith(never)
    cyd.channels.channel('c').handle(() => 'cyd')
    const all = mine.requestAll(1, { timeoutMs: 100 }).all()
    await settle()
    ada.timers.advance(100)
    expect(await all).toMatchObject([
      { id: 'member-3', status: 'fulfilled' },
      { id: 'member-2', status: 'rejected', error: { code: 'request-timeout', maybeRan: true } },
    ])
  })

  it('is ended by its signal, by leaving, and by what keeps it from being asked', async () => {
    const { ada, mine } = setupWith(never)
    const controller = new AbortController()
    const aborted = mine.requestAll(1, { signal: controller.signal }).all()
    const left = mine.requestAll(1)
    await settle()
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    leave(ada)
    await expect(readAll(left)).rejects.toMatchObject({ code: 'closed' })
    await expect(mine.requestAll(1).all()).rejects.toMatchObject({ code: 'not-joined' })
    const strict = setup().ada.channels.channel('v', { validate: evenNumber })
    await expect(strict.requestAll(3).all()).rejects.toMatchObject({ code: 'value-invalid' })
  })
})

describe('requestStream', () => {
  it('D7: reads what an async iterable yields, to its end', async () => {
    const { mine } = setupWith(async function* (value) {
      for (let i = 0; i < (value as number); i++) yield i
    })
    expect(await readAll(mine.requestStream(100, toBob))).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(await readAll(mine.requestStream(0, toBob))).toEqual([])
  })

  it('reads a plain answer as one item', async () => {
    const { mine } = setupWith(() => 'one')
    expect(await readAll(mine.requestStream(1, toBob))).toEqual(['one'])
  })

  it('D8: lets the handler go 16 items ahead, and on as they are read', async () => {
    let yielded = 0
    const { mine } = setupWith(async function* () {
      for (;;) yield ++yielded
    })
    const stream = mine.requestStream(1, toBob)
    await settle()
    expect(yielded).toBe(16)
    for (let i = 0; i < 8; i++) await stream.next()
    await settle()
    expect(yielded).toBe(24)
    await stream.return?.()
  })

  /** Bob answers item by item, as fast as he may; then ends, if `count` says when. */
  const setupItems = (count = Infinity) => {
    let [yielded, isEnded] = [0, false]
    const made = setupWith(async function* () {
      try {
        while (yielded < count) yield ++yielded
      } finally {
        isEnded = true
      }
    })
    return { ...made, yielded: () => yielded, isEnded: () => isEnded }
  }

  it.each([
    ['some items', Infinity],
    ['the last items and the end', 3],
    ['the end', 0],
  ])(
    'D12: whose %s are given up, since they were not acknowledged in time, throws member-stalled',
    async (_name, count) => {
      const { ada, mine, network, isEnded, bob } = setupItems(count)
      const reading = readAll(mine.requestStream(1, toBob))
      while (bob.hub.ownNamed('c').every(({ sent }) => sent.length === 0)) {
        network.heldFor.add(ada.hub)
        await settle()
      }
      network.stall(ada.hub)
      network.release()
      await expect(reading).rejects.toMatchObject({ code: 'member-stalled', maybeRan: true })
      await settle()
      expect([isEnded(), ada.invalid]).toEqual([true, []])
    },
  )

  it('D12: is told so however often that is given up in turn', async () => {
    const { ada, mine, network } = setupItems()
    const reading = readAll(mine.requestStream(1, toBob))
    network.heldFor.add(ada.hub)
    await settle()
    for (let i = 0; i < 3; i++) {
      network.stall(ada.hub)
      await settle()
    }
    network.release()
    await expect(reading).rejects.toMatchObject({ code: 'member-stalled', maybeRan: true })
  })

  it('D12: gives nothing that comes after an item that was lost', async () => {
    const { ada, bob, mine } = setupWith(never)
    const stream = mine.requestStream(1, toBob)
    await settle()
    const own = bob.hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, 'c')
    for (const number of [1, 3]) {
      const item = { type: 'answer', id: 1, isLast: false, number, payload: encodeValue(number, 10) } as const
      await own.send('member-1', encodeChannelFrame(item))
    }
    await settle()
    expect(await stream.next()).toEqual({ value: 1, done: false })
    await expect(stream.next()).rejects.toMatchObject({ code: 'member-stalled', maybeRan: true })
    expect(ada.invalid).toEqual([])
  })

  it('D12: whose credit is given up on its way throws member-stalled, and the handler hears of it', async () => {
    const { bob, mine, network, isEnded } = setupItems()
    const stream = mine.requestStream(1, toBob)
    await settle()
    network.heldFor.add(bob.hub)
    for (let i = 0; i < 8; i++) await stream.next()
    network.stall(bob.hub)
    await settle()
    network.stall(bob.hub)
    network.release()
    await expect(readAll(stream)).rejects.toMatchObject({ code: 'member-stalled', maybeRan: true })
    await settle()
    expect(isEnded()).toBe(true)
  })

  it('has 1 MiB of items on their way at most', async () => {
    const { ada, mine, network } = setupWith(async function* () {
      for (;;) yield new Uint8Array(400_000)
    })
    network.heldFor.add(ada.hub)
    const stream = mine.requestStream(1, toBob)
    await settle()
    const items = () => ada.hub.network.hubs[1]?.ownNamed('c').flatMap(({ sent }) => sent).length
    expect(items()).toBe(3)
    network.release()
    expect((await stream.next()).done).toBe(false)
    await settle()
    expect(items()).toBeGreaterThan(3)
    await stream.return?.()
  })

  it('ended early aborts the signal of the handler and ends its iterable', async () => {
    const ended = defer<string>()
    let isAborted = false
    const { mine } = setupWith(async function* (_value, { signal }) {
      signal.addEventListener('abort', () => (isAborted = true))
      try {
        for (;;) yield 1
      } finally {
        ended.resolve('ended')
      }
    })
    for await (const item of mine.requestStream(1, toBob)) {
      expect(item).toBe(1)
      break
    }
    expect(await ended.promise).toBe('ended')
    expect(isAborted).toBe(true)
  })

  /** An iterable that says when nobody reads it any more, as one with a file or a cursor behind it has to know. */
  const closable = () => {
    const ended = defer<string>()
    const iterator = {
      next: () => Promise.resolve({ value: 1, done: false }),
      return: () => {
        ended.resolve('ended')
        return Promise.resolve({ value: undefined, done: true })
      },
    }
    return { ended: ended.promise, iterable: { [Symbol.asyncIterator]: () => iterator } }
  }

  it('that is cancelled before its handler has an iterable ends that once it is there', async () => {
    const { ended, iterable } = closable()
    const opened = defer<typeof iterable>()
    const { mine } = setupWith(() => opened.promise)
    const stream = mine.requestStream(1, toBob)
    await settle()
    await stream.return?.()
    await settle()
    opened.resolve(iterable)
    expect(await ended).toBe('ended')
  })

  it('is what an iterable is for: of another request it is ended unread', async () => {
    const { ended, iterable } = closable()
    const { mine } = setupWith(() => iterable)
    expect(await fails(mine.request(1, toBob))).toMatchObject({ code: 'answer-streamed' })
    expect(await ended).toBe('ended')
  })

  it('throws what the iterable throws, after what it has yielded', async () => {
    const { mine } = setupWith(async function* () {
      yield 1
      throw new RequestError('broken', 'in the middle')
    })
    const stream = mine.requestStream(1, toBob)
    expect(await stream.next()).toEqual({ value: 1, done: false })
    await expect(stream.next()).rejects.toMatchObject({ code: 'broken' })
    expect(await stream.next()).toEqual({ value: undefined, done: true })
  })

  it('ends the iterable when an item cannot be carried', async () => {
    const ended = defer<string>()
    const { mine } = setupWith(async function* () {
      try {
        yield () => 1
      } finally {
        ended.resolve('ended')
      }
    })
    await expect(readAll(mine.requestStream(1, toBob))).rejects.toMatchObject({ code: 'handler-failed' })
    expect(await ended.promise).toBe('ended')
  })

  it('waits so long for the first item alone', async () => {
    const second = defer()
    const { ada, mine } = setupWith(async function* () {
      yield 1
      await second.promise
      yield 2
    })
    const stream = mine.requestStream(1, { ...toBob, timeoutMs: 100 })
    await settle()
    ada.timers.advance(1_000)
    second.resolve()
    expect(await readAll(stream)).toEqual([1, 2])

    const silent = setupWith(never)
    const waiting = readAll(silent.mine.requestStream(1, { ...toBob, timeoutMs: 100 }))
    await settle()
    silent.ada.timers.advance(100)
    await expect(waiting).rejects.toMatchObject({ code: 'request-timeout' })
  })

  it('is ended by its signal, by the member that leaves, and by not being joined', async () => {
    const { bob, mine, ada } = setupWith(async function* () {
      yield 1
      await never()
    })
    const controller = new AbortController()
    const aborted = readAll(mine.requestStream(1, { ...toBob, signal: controller.signal }))
    const left = readAll(mine.requestStream(1, toBob))
    await settle()
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    leave(bob)
    await expect(left).rejects.toMatchObject({ code: 'member-left', maybeRan: true })
    leave(ada)
    await expect(readAll(mine.requestStream(1, toBob))).rejects.toMatchObject({ code: 'not-joined' })
  })

  it('D8: items beyond the credit end it and raise channel:invalid', async () => {
    const { ada, bob, mine } = setupWith(never)
    const stream = mine.requestStream(1, toBob)
    await settle()
    const own = bob.hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, 'c')
    for (let number = 1; number <= 20; number++) {
      const item = { type: 'answer', id: 1, isLast: false, number, payload: encodeValue(1, 10) } as const
      await own.send('member-1', encodeChannelFrame(item))
    }
    await settle()
    const reading = readAll(stream)
    await expect(reading).rejects.toMatchObject({ code: 'value-invalid' })
    expect(ada.invalid).toHaveLength(1)
  })
})
