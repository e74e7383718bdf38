import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { loadSodium, logIdOf } from '../../../sdk/crypto/index.js'
import { LogLink } from '../../../sdk/log/replication/link.js'
import type { LogPort } from '../../../sdk/log/replication/port.js'
import type { LogSwarm } from '../../../sdk/log/replication/swarm.js'
import { Offences } from '../../../sdk/log/replication/offences.js'
import { DecodeError } from '../../../sdk/protocol/decode-error.js'
import { encodeLogFrame } from '../../../sdk/protocol/log-frames.js'
import { encodeLogLinkHello, framed, LogMessages } from '../../../sdk/protocol/log-link.js'
import { concatBytes } from '../../../sdk/util/bytes.js'
import { createReplica, TestTime, type Replica } from './replication-world.js'
import { collect, texts } from './setup.js'

const sodium = await loadSodium()

/** Streams of bytes each way, cut into chunks of a few bytes where asked for. */
const createDuplex = (chunk = Infinity) => {
  const cut = () =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        for (let at = 0; at < bytes.length; at += Math.min(chunk, bytes.length))
          controller.enqueue(bytes.slice(at, at + chunk))
      },
    })
  const [there, back] = [cut(), cut()]
  return [
    { readable: back.readable, writable: there.writable },
    { readable: there.readable, writable: back.writable },
  ] as const
}

let seed = 0
const random = (size: number): Uint8Array => new Uint8Array(size).fill(++seed)

const linkOf = (
  duplex: ReturnType<typeof createDuplex>[0],
  peerId: string,
  offences = new Offences(),
  names: { readonly mine: string; readonly theirs: string } | null = null,
): LogLink => {
  const link = new LogLink({ ...duplex, peerId, names, path: () => 'direct', offences, sodium, random })
  onTestFinished(() => link.close())
  return link
}

const share = (link: LogLink, { core, swarm }: Replica): (() => void) =>
  link.share(logIdOf(sodium, core.parts.logKey), swarm)

const pairOf = async (time: TestTime, count: number): Promise<[Replica, Replica]> => {
  const writer = await createReplica('writer', time, null)
  await writer.log.append(texts(count))
  return [writer, await createReplica('reader', time, writer.log.url, { isEager: true })]
}

describe('a link between logs', () => {
  it('J21: carries many logs over one stream, however that is cut, whoever shares them first', async () => {
    const time = new TestTime()
    const pairs = await Promise.all([100, 1, 300].map((count) => pairOf(time, count)))
    const [left, right] = createDuplex(700)
    const [one, other] = [linkOf(left, 'other'), linkOf(right, 'one')]
    pairs.forEach(([writer, reader], at) => {
      const sides = [() => share(one, writer), () => share(other, reader)]
      for (const each of at % 2 === 0 ? sides : sides.reverse()) each()
    })
    const stranger = await createReplica('stranger', time, null)
    share(one, stranger)
    for (const [writer, reader] of pairs) {
      await vi.waitFor(async () => expect(await collect(reader.log.createReadStream())).toHaveLength(writer.log.length))
      await vi.waitFor(async () => expect(await reader.log.has(0, writer.log.length)).toBe(true))
      expect([writer.violations, reader.violations]).toEqual([[], []])
      expect(reader.swarm.peers()).toMatchObject([{ id: 'one', path: 'direct' }])
    }
    expect(stranger.swarm.peers()).toEqual([])
  })

  it('shares a log again that was given up, and ends with its stream', async () => {
    const time = new TestTime()
    const [writer, reader] = await pairOf(time, 10)
    const [left, right] = createDuplex()
    const [one, other] = [linkOf(left, 'other'), linkOf(right, 'one')]
    const giveUp = share(one, writer)
    share(other, reader)
    await vi.waitFor(async () => expect(await reader.log.has(0, 10)).toBe(true))
    giveUp()
    await vi.waitFor(() => expect(reader.swarm.peers()).toEqual([]))
    await writer.log.append(texts(5, 10))
    share(one, writer)
    await vi.waitFor(async () => expect(await reader.log.has(0, 15)).toBe(true))
    one.close()
    await Promise.all([one.closed, other.closed])
    expect([writer.swarm.peers(), reader.swarm.peers(), time.pending]).toEqual([[], [], 0])
  })

  it('moves megabytes with a window of one, and waits for whoever reads slowly', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    const text = 'x'.repeat(50_000)
    for (let round = 0; round < 10; round++) await writer.log.append(Array.from({ length: 10 }, () => text))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const [left, right] = createDuplex()
    share(linkOf(left, 'other'), writer)
    share(linkOf(right, 'one'), reader)
    await vi.waitFor(async () => expect(await reader.log.has(0, 100)).toBe(true), { timeout: 10_000 })
    expect(reader.log.byteLength).toBe(5_000_000)
  })

  it.each<[string, Uint8Array]>([
    ['no hello', framed(new Uint8Array(40).fill(9))],
    ['a message of nothing', new Uint8Array(4)],
    ['a message that is too long', Uint8Array.of(255, 255, 255, 255)],
    ['no channel', concatBytes(framed(encodeLogLinkHello(random(32))), framed(new Uint8Array(9).fill(255)))],
  ])('J21: is closed for %s', async (_what, bytes) => {
    const [left, right] = createDuplex()
    const link = linkOf(left, 'other')
    const writer = right.writable.getWriter()
    await writer.write(bytes)
    await link.closed
  })

  it('J21: is not made with an echo of oneself', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    await linkOf({ readable, writable }, 'mirror').closed
  })

  it('J21: shows nothing to somebody in between who passes everything on, where the ends are known', async () => {
    const time = new TestTime()
    const [writer, reader] = await pairOf(time, 10)
    const [left, right] = createDuplex()
    // Each takes the one in between for whom it is.
    share(linkOf(left, 'between', new Offences(), { mine: 'one', theirs: 'between' }), writer)
    share(linkOf(right, 'between', new Offences(), { mine: 'other', theirs: 'between' }), reader)
    await vi.waitFor(() => expect([...writer.violations, ...reader.violations]).not.toEqual([]))
    expect(writer.violations.concat(reader.violations)[0]).toBe('between: no capability for this log')
    expect([writer.swarm.peers(), reader.swarm.peers(), reader.log.length]).toEqual([[], [], 0])
  })

  it('J21: lets logs go by that the other side has beyond a thousand, and shares them once it has them too', async () => {
    const time = new TestTime()
    const [[writer, reader], [last, lastReader]] = [await pairOf(time, 10), await pairOf(time, 1)]
    const [left, right] = createDuplex()
    const [one, other] = [linkOf(left, 'other'), linkOf(right, 'one')]
    share(other, lastReader)
    const opening = { type: 'open', capability: new Uint8Array(32) } as const
    for (let at = 0; at < 1_024; at++) {
      const logId = new Uint8Array(32).fill(255)
      new DataView(logId.buffer).setUint32(0, at)
      const connect = (port: LogPort) => {
        void port.send(encodeLogFrame({ ...opening, logId }))
        return { close: () => undefined }
      }
      one.share(logId, { connect } as unknown as LogSwarm)
    }
    share(one, writer)
    share(one, last)
    await vi.waitFor(async () => expect(await lastReader.log.has(0)).toBe(true))
    share(other, reader)
    await vi.waitFor(async () => expect(await reader.log.has(0, 10)).toBe(true))
    expect([writer.violations, reader.violations]).toEqual([[], []])
  })

  it('J19: is closed with whoever has broken the protocol three times, and not made with them again', () => {
    const offences = new Offences()
    const [left] = createDuplex()
    const link = linkOf(left, 'villain', offences)
    const close = vi.spyOn(link, 'close')
    offences.add('villain')
    offences.add('somebody else')
    offences.add('villain')
    expect(offences.isBanned('villain')).toBe(false)
    offences.add('villain')
    expect([offences.isBanned('villain'), offences.isBanned('somebody else')]).toEqual([true, false])
    expect(close).toHaveBeenCalledOnce()
    return Promise.all([link.closed, linkOf(createDuplex()[0], 'villain', offences).closed])
  })
})

describe('messages of a link', () => {
  it('J21: are the same however their stream is cut, and random bytes are refused or wait', () => {
    const message = fc.uint8Array({ minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (sent, size) => {
        const bytes = concatBytes(...sent.map((each) => framed(each)))
        const messages = new LogMessages()
        const got: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += size) got.push(...messages.add(bytes.subarray(at, at + size)))
        expect(got).toEqual(sent)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          new LogMessages().add(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
    )
  })
})
