/** What members do in channels, presence, files and duplexes, in whichever browsers their pages are. */
import { expect } from 'vitest'
import type { AnyMember } from './support.js'

type Two = readonly [AnyMember, AnyMember]

/** Each sends the other a file of this many bytes, at the same time, and gets that of the other whole. */
export const filesAreSwapped = async (members: Two, size: number): Promise<void> => {
  for (const { me } of members) {
    await me.evaluate((member) => {
      const taken = new Promise<string>((resolve, reject) => {
        member.group.on('file', async (offer) => {
          try {
            const blob = await (await offer.accept()).blob()
            const bytes = new Uint8Array(await blob.arrayBuffer())
            resolve(`${offer.name}, ${blob.type}, ${window.harness.summarize(bytes)}`)
          } catch (error) {
            reject(error)
          }
        })
      })
      Object.assign(member, { taken })
    })
  }
  const send = ({ me, id }: AnyMember, to: AnyMember): Promise<string> =>
    me.evaluate(
      async ({ group }, [mine, yours, bytes]) => {
        const data = window.harness.createBytes(bytes, mine.charCodeAt(0))
        const { name, type } = new File([], `tape of ${mine}`, { type: 'application/x-tape' })
        await group.sendFile(new File([data], name, { type }), { to: yours })
        return `${name}, ${type}, ${window.harness.summarize(data)}`
      },
      [id, to.id, size] as const,
    )
  const taken = ({ me }: AnyMember): Promise<string> =>
    me.evaluate((member) => (member as unknown as { taken: Promise<string> }).taken)
  const [one, other] = members
  const sent = await Promise.all([send(one, other), send(other, one)])
  expect(await Promise.all([taken(other), taken(one)])).toEqual(sent)
}

/** One asks the other and is answered, once and item by item. */
export const askIsAnswered = async ([ada, bob]: Two): Promise<void> => {
  await bob.me.evaluate(({ group }) => {
    group.channel<number, number>('double').handle((value) => value * 2)
    group.channel<number, number>('count').handle(async function* (upTo) {
      for (let i = 1; i <= upTo; i++) yield await Promise.resolve(i)
    })
  })
  const answers = await ada.me.evaluate(async ({ group }, to) => {
    const items: unknown[] = []
    for await (const item of group.channel<number>('count').requestStream(40, { to })) items.push(item)
    return { answer: await group.channel<number>('double').request(21, { to }), items }
  }, bob.id)
  expect(answers).toEqual({ answer: 42, items: Array.from({ length: 40 }, (_, index) => index + 1) })
}

/** One sees the newest presence of the other. */
export const presenceIsSeen = async ([ada, bob]: Two): Promise<void> => {
  const seen = ada.me.evaluate(({ group }, of) => {
    const isNewest = (state: { readonly [key: string]: unknown } | null): boolean => state?.['at'] === 'the end'
    return new Promise((resolve) => {
      group.on('presence:change', ({ id, next }) => {
        if (id === of && isNewest(next)) resolve(next)
      })
      if (isNewest(group.presence.get(of))) resolve(group.presence.get(of))
    })
  }, bob.id)
  await bob.me.evaluate(({ group }) => {
    for (const at of ['the beginning', 'the middle', 'the end']) group.presence.set({ at, icon: '🪿' })
  })
  expect(await seen).toEqual({ at: 'the end', icon: '🪿' })
}

/** What one writes into a duplex with the other comes back, to the last byte. */
export const duplexEchoes = async ([ada, bob]: Two, size: number): Promise<void> => {
  await bob.me.evaluate(({ group }) => {
    group.on('duplex:open', ({ duplex }) => void duplex.readable.pipeTo(duplex.writable), { once: true })
  })
  const [written, read] = await ada.me.evaluate(
    async ({ group }, [to, bytes]) => {
      const { createBytes, summarize } = window.harness
      const data = createBytes(bytes, 5)
      const duplex = await group.openDuplex(to, { label: 'echo' })
      const writing = new Blob([data]).stream().pipeTo(duplex.writable)
      const pieces: Uint8Array<ArrayBuffer>[] = []
      for await (const piece of duplex.readable as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) pieces.push(piece)
      await Promise.all([writing, duplex.closed])
      return [summarize(data), summarize(new Uint8Array(await new Blob(pieces).arrayBuffer()))]
    },
    [bob.id, size] as const,
  )
  expect(read).toBe(written)
}

/** Of what one sends on a channel for the newest value alone, the last reaches the other. */
export const newestArrives = async ([ada, bob]: Two): Promise<void> => {
  const last = 199
  await bob.me.evaluate((member, end) => {
    const newest = new Promise<void>((resolve) => {
      member.group.channel<number>('cursor', { reliable: false, latest: true }).on('message', ({ data }) => {
        if (data === end) resolve()
      })
    })
    Object.assign(member, { newest })
  }, last)
  await ada.me.evaluate(async ({ group }, end) => {
    const cursor = group.channel<number>('cursor', { reliable: false, latest: true })
    for (let i = 0; i <= end; i++) await cursor.send(i)
  }, last)
  await bob.me.evaluate((member) => (member as unknown as { newest: Promise<void> }).newest)
}
