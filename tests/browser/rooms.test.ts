import { describe, expect, it } from 'vitest'
import { askIsAnswered, duplexEchoes, newestArrives, presenceIsSeen } from './room-scenes.js'
import { setup, untilAllDirect, useBrowser, type AnyMember } from './support.js'

useBrowser()

/** What is sent is told from its place in the file, so that any byte out of place shows in the hash of it. */
const MEBIBYTE = 1_048_576

/** Takes every file that is offered; how much came, and its hash. */
const takeFiles = (members: readonly AnyMember[]): Promise<unknown> =>
  Promise.all(
    members.map(({ me }) =>
      me.evaluate((member) => {
        const taken: { name: string; bytes: number }[] = []
        Object.assign(member, { taken })
        member.group.on('file', async (offer) => {
          const incoming = await offer.accept()
          let bytes = 0
          for await (const chunk of incoming.stream as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length
          await incoming.done
          taken.push({ name: offer.name, bytes })
        })
      }),
    ),
  )

const takenBy = ({ me }: AnyMember): Promise<{ name: string; bytes: number }[]> =>
  me.evaluate((member) => (member as unknown as { taken: { name: string; bytes: number }[] }).taken)

describe('pages', () => {
  it('send each other files, several at once and both ways, checked to the last byte', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(2)
    await untilAllDirect(members)
    await takeFiles(members)
    const [ada, bob] = members
    const send = (from: AnyMember, to: AnyMember, names: readonly string[]): Promise<number[]> =>
      from.me.evaluate(
        async (member, [id, files, size]) => {
          const data = Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 7) & 0xff)
          const sends = files.map((name) => member.group.sendFile(new Blob([data]), { to: [id], name }))
          return (await Promise.all(sends)).map(({ delivered }) => delivered.length)
        },
        [to.id, [...names], 8 * MEBIBYTE] as [string, string[], number],
      )
    const results = await Promise.all([send(ada, bob, ['a1', 'a2', 'a3']), send(bob, ada, ['b1', 'b2'])])
    expect(results).toEqual([
      [1, 1, 1],
      [1, 1],
    ])
    const size = 8 * MEBIBYTE
    expect((await takenBy(bob)).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      ['a1', 'a2', 'a3'].map((name) => ({ name, bytes: size })),
    )
    expect((await takenBy(ada)).length).toBe(2)
  })

  it('go on with a file when their link is cut, through another and on the next link', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(3)
    await untilAllDirect(members)
    await takeFiles(members)
    const [ada, bob] = members
    const sent = ada.me.evaluate(
      async (member, [id, size]) => {
        const onProgress = ({ bytes }: { readonly bytes: number }): void => {
          window.arrivedBytes = bytes
        }
        const report = await member.group.sendFile(new Uint8Array(size), { to: [id], name: 'long', onProgress })
        return report.delivered
      },
      [bob.id, 48 * MEBIBYTE] as [string, number],
    )
    let arrived = 0
    for (let i = 0; i < 3; i++) {
      await bob.me.evaluate((member, id) => member.until('a link', () => member.group.neighbors.includes(id)), ada.id)
      await ada.page.waitForFunction((before) => (window.arrivedBytes ?? 0) > before, arrived)
      arrived = (await ada.page.evaluate(() => window.arrivedBytes)) ?? Infinity
      // Each time it is under way.
      expect(arrived).toBeLessThan(48 * MEBIBYTE)
      await ada.me.evaluate((member, id) => member.rules.cut(id), bob.id)
    }
    expect(await sent).toEqual([bob.id])
    expect(await takenBy(bob)).toEqual([{ name: 'long', bytes: 48 * MEBIBYTE }])
  })

  it('ask each other, see where each other is, share a duplex, and get the newest of what may be lost', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(2)
    await askIsAnswered(members)
    await presenceIsSeen(members)
    await duplexEchoes(members, 3_000_000)
    await newestArrives(members)
  })
})
