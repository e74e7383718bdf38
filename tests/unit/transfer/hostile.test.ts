import { describe, expect, it } from 'vitest'
import { STREAM_KIND, STREAM_MODE } from '../../../sdk/protocol/streams.js'
import { encodeStreamEnd, encodeTransferFrame, type TransferFrame } from '../../../sdk/protocol/transfer-frames.js'
import { decodeTransferFrame } from '../../../sdk/protocol/transfer-frames.js'
import { concatBytes } from '../../../sdk/util/bytes.js'
import { createContentHash } from '../../../sdk/crypto/content-hash.js'
import { loadSodium } from '../../../sdk/crypto/sodium.js'
import { failureOf, pattern, settle, setup } from './setup.js'

const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const OTHER = 'AAAAAAAAAAAAAAAAAAAAAQ'
const offer = (fields: Partial<TransferFrame & { type: 'offer' }> = {}): TransferFrame => ({
  type: 'offer',
  id: ID,
  name: 'cat.png',
  size: 100,
  mediaType: '',
  metadata: undefined,
  resumeId: OTHER,
  ...fields,
})

const hashOf = async (bytes: Uint8Array): Promise<Uint8Array> => {
  const hash = createContentHash(await loadSodium())
  hash.update(bytes)
  return hash.finish()
}

/** Bob with a member that says what it likes. */
const attack = () => {
  const world = setup('bob', 'eve')
  const [bob] = world.members
  const eve = world.network.join('mallory')
  const heard: TransferFrame[] = []
  eve.read(STREAM_KIND.TRANSFER, () => ({
    message: ({ bytes }) => heard.push(decodeTransferFrame(bytes)),
    lost: () => undefined,
  }))
  const control = eve.own(STREAM_KIND.TRANSFER, STREAM_MODE.BULK, '')
  const say = async (...frames: readonly (TransferFrame | Uint8Array)[]) => {
    for (const frame of frames) {
      void control.send('bob', frame instanceof Uint8Array ? frame : encodeTransferFrame(frame))
    }
    await settle(20 + frames.length)
  }
  const stream = (kind: 4 | 5 = STREAM_KIND.FILE, name = ID) => eve.own(kind, STREAM_MODE.BULK, name)
  return { ...world, bob, eve, heard, say, stream }
}

describe('a member that offers what is not so', () => {
  const accepted = async (fields: Parameters<typeof offer>[0] = {}) => {
    const world = attack()
    await world.say(offer(fields))
    const incoming = await (await world.bob.offers.next()).accept()
    await settle()
    return { ...world, incoming }
  }

  it.each([
    ['more', 101],
    ['less', 99],
  ])('F1: and sends %s is found out, and what it still sends goes by', async (_what, size) => {
    const { bob, incoming, stream, heard } = await accepted()
    const bytes = pattern(size)
    const file = stream()
    void file.send('bob', bytes)
    void file.send('bob', encodeStreamEnd({ type: 'whole', size, hash: await hashOf(bytes) }), { end: true })
    expect(await failureOf(incoming.done)).toMatchObject({ code: 'file-corrupt' })
    expect(await failureOf(incoming.blob())).toMatchObject({ code: 'file-corrupt' })
    await settle()
    expect(heard.map(({ type }) => type)).toContain('fail')
    expect(bob.openHashes()).toBe(0)
  })

  it('and sends without end holds up nothing once it is found out', async () => {
    const { incoming, stream, network } = await accepted()
    const file = stream()
    let sent = 0
    for (let i = 0; i < 200; i++) void file.send('bob', new Uint8Array(64_512)).then(() => sent++)
    expect(await failureOf(incoming.done)).toMatchObject({ code: 'file-corrupt' })
    await settle(300)
    expect(sent).toBe(200)
    expect(network.mostHeld).toBeLessThan(200 * 64_512 + 1)
  })

  it.each([
    ['another hash', encodeStreamEnd({ type: 'whole', size: 100, hash: new Uint8Array(32) })],
    ['another size', encodeStreamEnd({ type: 'whole', size: 99, hash: new Uint8Array(32) })],
    ['the end of a duplex', encodeStreamEnd({ type: 'closed' })],
    ['nothing', new Uint8Array(0)],
    ['noise', Uint8Array.of(9, 9)],
  ])('F1: and ends with %s is found out', async (_what, end) => {
    const { incoming, stream } = await accepted()
    const file = stream()
    void file.send('bob', pattern(100))
    void file.send('bob', end, { end: true })
    expect(await failureOf(incoming.done)).toMatchObject({ code: 'file-corrupt' })
  })

  it('F5: cannot send a file twice, or one that nobody has accepted', async () => {
    const { bob, incoming, stream } = await accepted()
    const [first, second] = [stream(), stream()]
    void first.send('bob', pattern(50))
    await settle()
    void second.send('bob', pattern(100))
    void stream(STREAM_KIND.FILE, OTHER).send('bob', pattern(100))
    await settle()
    expect(incoming.progress.bytes).toBe(50)
    expect(bob.offers.all).toHaveLength(1)
  })

  it('cannot make many tiny pieces take more room than they seem', async () => {
    const { incoming, stream, network } = await accepted({ size: null })
    network.burst = 100
    const file = stream()
    let sent = 0
    for (let i = 0; i < 100_000; i++) void file.send('bob', new Uint8Array(i % 2)).then(() => sent++)
    await settle(2_000)
    // 64 bytes are counted for each: a quarter MiB here and two MiB in the window.
    expect(sent).toBeLessThan(90_000)
    expect(incoming.progress.bytes).toBeLessThan(45_000)
  })
})

describe('an offer from a hostile member', () => {
  it('has a name that is safe, and no type that is none', async () => {
    const { bob, say } = attack()
    await say(offer({ name: '../../etc/\u202Egnp.exe:\u0000', mediaType: 'Text/ä' }))
    const { name, type } = await bob.offers.next()
    expect(name).toBe('gnp.exe_')
    expect(type).toBe('')
  })

  it('F5: of an id that is offered already changes nothing', async () => {
    const { bob, say, heard } = attack()
    await say(offer(), offer({ name: 'other' }))
    expect(bob.offers.all).toHaveLength(1)
    expect(heard).toEqual([])
  })

  it('F4: that cannot be read is declined', async () => {
    const { bob, say, heard } = attack()
    const large = encodeTransferFrame(offer({ metadata: 'x'.repeat(4_095) }))
    const longName = encodeTransferFrame(offer({ id: OTHER, name: 'x'.repeat(256) }))
    await say(large, longName, concatBytes(encodeTransferFrame(offer()), Uint8Array.of(1)))
    expect(bob.offers.all).toEqual([])
    expect(heard.map(({ type, id }) => [type, id])).toEqual([
      ['reject', ID],
      ['reject', OTHER],
      ['reject', ID],
    ])
  })

  it('F5: says of transfers that are not known, and out of turn, and is not heard', async () => {
    const { bob, say, heard } = attack()
    await say(
      { type: 'accept', id: ID, offset: 0 },
      { type: 'reject', id: ID, cause: 0, reason: '' },
      { type: 'progress', id: ID, bytes: 1 },
      { type: 'done', id: ID },
      { type: 'fail', id: ID, cause: 0, reason: '' },
      { type: 'withdraw', id: ID, reason: '' },
      { type: 'opened', id: ID },
      { type: 'refuse', id: ID },
      { type: 'abort', id: ID, reason: '' },
      { type: 'stop', id: ID, reason: '' },
      Uint8Array.of(),
      Uint8Array.of(1),
      Uint8Array.of(200, 1, 2),
      pattern(300),
    )
    expect(heard).toEqual([])
    expect(bob.hub.reported).toEqual([])
  })

  it('F9: comes and comes from one that takes no answer, which gets no more than some', async () => {
    const { bob, network } = attack()
    network.burst = 100
    bob.listens.files = false
    const pausing: { pause(isPaused: boolean): void }[] = []
    const other = network.join('oscar')
    other.read(STREAM_KIND.TRANSFER, (stream) => {
      pausing.push(stream)
      stream.pause(true)
      return { message: () => undefined, lost: () => undefined }
    })
    const control = other.own(STREAM_KIND.TRANSFER, STREAM_MODE.BULK, '')
    for (let i = 0; i < 60_000; i++) void control.send('bob', encodeTransferFrame(offer()))
    await settle(2_000)
    const waiting = bob.hub.openLanes(STREAM_KIND.TRANSFER).find(({ to }) => to === other)?.waiting
    expect(waiting?.length).toBe(4_096)
    expect(pausing).toHaveLength(1)
  })
})

describe('a recipient that says what is not so', () => {
  const offered = async (size = 1_000) => {
    const world = attack()
    const transfer = world.bob.transfers.sendFile(pattern(size), { to: 'mallory' })
    transfer.catch(() => undefined)
    await settle()
    return { ...world, transfer, id: transfer.id }
  }

  it('F2: of an offset beyond the end gets nothing', async () => {
    const { transfer, id, say } = await offered()
    await say({ type: 'accept', id, offset: 1_001 })
    expect(await failureOf(transfer)).toMatchObject({ code: 'file-corrupt' })
  })

  it('F5, F8: that it has it all before it can is not believed', async () => {
    const { transfer, id, say } = await offered(8_000_000)
    await say({ type: 'done', id }, { type: 'progress', id, bytes: 9 })
    expect(transfer.progress.bytes).toBe(0)
    transfer.pause()
    await say({ type: 'accept', id, offset: 0 }, { type: 'accept', id, offset: 5 }, { type: 'done', id })
    await say({ type: 'progress', id, bytes: Number.MAX_SAFE_INTEGER }, { type: 'reject', id, cause: 0, reason: '' })
    expect(transfer.progress.bytes).toBe(0)
    transfer.resume()
    await settle(200)
    // What was sent counts once the other side says that it has it.
    const told = (): number | undefined => transfer.progress.recipients[0]?.bytes
    expect(told()).toBe(0)
    await say({ type: 'progress', id, bytes: 1_000 })
    expect(told()).toBe(1_000)
    await say({ type: 'progress', id, bytes: Number.MAX_SAFE_INTEGER })
    expect(told()).toBeLessThanOrEqual(8_000_000)
    await say({ type: 'fail', id, cause: 1, reason: '' })
    expect(await failureOf(transfer)).toMatchObject({ code: 'file-corrupt' })
  })

  it('F5: of a file that is for somebody else is not heard', async () => {
    const { bob, say, members } = attack()
    const [, eve] = members
    const transfer = bob.transfers.sendFile(pattern(1_000), { to: 'eve' })
    await settle()
    await say({ type: 'reject', id: transfer.id, cause: 0, reason: 'no' })
    await (await (await eve.offers.next()).accept()).blob()
    expect((await transfer).delivered).toEqual(['eve'])
  })
})

describe('two members that use one id', () => {
  /** As `attack`, with an honest member, too: `id()` is that of the first transfer that it begins. */
  const withHonest = () => {
    const world = attack()
    let known = ''
    world.network.tamper = ({ kind, from }, bytes) => {
      if (kind === STREAM_KIND.TRANSFER && from === 'eve') known ||= decodeTransferFrame(bytes).id
      return bytes
    }
    return { ...world, honest: world.members[1], id: () => known }
  }

  it('F5: have each its own file, offered and sent to the same recipient', async () => {
    const { bob, say, stream, honest, ...world } = withHonest()
    const sent = honest.transfers.sendFile(pattern(200_000), { to: 'bob' })
    const first = await (await bob.offers.next()).accept()
    const id = world.id()
    const theirs = new Uint8Array(100).fill(7)
    // Before it is offered, which is of no use.
    void stream(STREAM_KIND.FILE, id).send('bob', theirs)
    await say(offer({ id }))
    expect(bob.offers.all.map(({ id: offered, from }) => [offered, from])).toEqual([
      [id, 'eve'],
      [id, 'mallory'],
    ])
    const second = await (await bob.offers.next()).accept()
    await settle()
    const file = stream(STREAM_KIND.FILE, id)
    void file.send('bob', theirs)
    void file.send('bob', encodeStreamEnd({ type: 'whole', size: 100, hash: await hashOf(theirs) }), { end: true })
    const [one, two] = await Promise.all([first.blob(), second.blob()])
    expect(Buffer.compare(Buffer.from(await one.arrayBuffer()), pattern(200_000))).toBe(0)
    expect(new Uint8Array(await two.arrayBuffer())).toEqual(theirs)
    expect((await sent).delivered).toEqual(['bob'])
  })

  it('F5: cannot withdraw, or fail, what is of the other', async () => {
    const { bob, say, honest, ...world } = withHonest()
    const sent = honest.transfers.sendFile(pattern(8_000_000), { to: 'bob' })
    const incoming = await (await bob.offers.next()).accept()
    const id = world.id()
    await settle()
    await say(offer({ id }), { type: 'withdraw', id, reason: '' }, { type: 'fail', id, cause: 0, reason: '' })
    expect(bob.offers.all.map(({ signal }) => signal.aborted)).toEqual([false, true])
    expect((await incoming.blob()).size).toBe(8_000_000)
    expect((await sent).delivered).toEqual(['bob'])
  })

  it('F5: have each its own duplex', async () => {
    const { bob, say, stream, heard, honest, ...world } = withHonest()
    const mine = await honest.transfers.openDuplex('bob')
    const { duplex: first } = await bob.duplexes.next()
    const id = world.id()
    await say({ type: 'open', id, label: '' })
    const { duplex: second } = await bob.duplexes.next()
    expect(heard).toEqual([{ type: 'opened', id }])
    void stream(STREAM_KIND.DUPLEX, id).send('bob', Uint8Array.of(7))
    const writer = mine.writable.getWriter()
    void writer.write(pattern(5))
    expect((await first.readable.getReader().read()).value).toEqual(pattern(5))
    expect((await second.readable.getReader().read()).value).toEqual(Uint8Array.of(7))
    await say({ type: 'abort', id, reason: '' }, { type: 'stop', id, reason: '' })
    expect(await failureOf(second.closed)).toMatchObject({ code: 'transfer-cancelled' })
    await writer.close()
    await first.writable.close()
    await mine.closed
  })
})

describe('a duplex from a hostile member', () => {
  it('F4: of a label that is too long, or that cannot be read, is refused', async () => {
    const { bob, say, heard } = attack()
    await say(encodeTransferFrame({ type: 'open', id: ID, label: 'x'.repeat(65) }))
    expect(bob.duplexes.all).toEqual([])
    expect(heard).toEqual([{ type: 'refuse', id: ID }])
  })

  it('F5: of an id that is open changes nothing, nor does a second stream of it', async () => {
    const { bob, say, heard, stream } = attack()
    await say({ type: 'open', id: ID, label: 'a' }, { type: 'open', id: ID, label: 'b' })
    expect(bob.duplexes.all).toHaveLength(1)
    expect(heard).toEqual([{ type: 'opened', id: ID }])
    const [first, second] = [stream(STREAM_KIND.DUPLEX), stream(STREAM_KIND.DUPLEX)]
    void first.send('bob', Uint8Array.of(1))
    await settle()
    void second.send('bob', Uint8Array.of(2))
    void stream(STREAM_KIND.DUPLEX, OTHER).send('bob', Uint8Array.of(3))
    await settle()
    const { duplex } = await bob.duplexes.next()
    const reader = duplex.readable.getReader()
    expect(await reader.read()).toEqual({ done: false, value: Uint8Array.of(1) })
    void first.send('bob', Uint8Array.of(77), { end: true })
    expect(await failureOf(reader.read())).toMatchObject({ code: 'file-corrupt' })
  })

  it('F7: may bring bytes before its opener has heard that it is taken', async () => {
    const { bob, heard, stream, say } = attack()
    const opening = bob.transfers.openDuplex('mallory')
    await settle()
    const id = heard[0]?.id as string
    void stream(STREAM_KIND.DUPLEX, id).send('bob', pattern(5))
    await settle()
    await say({ type: 'opened', id }, { type: 'opened', id }, { type: 'refuse', id })
    const reader = (await opening).readable.getReader()
    expect((await reader.read()).value).toEqual(pattern(5))
  })
})
