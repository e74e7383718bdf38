import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { WebGroup } from '../../../sdk/group/index.js'
import { memoryStorage, SDK, SharedLog, type LogStorage } from '../../../sdk/log/index.js'
import { setupMembers } from '../group/setup.js'

const sdkFor = (group?: WebGroup, storage: LogStorage = memoryStorage()): SDK => {
  const sdk = new SDK({ group, storage })
  onTestFinished(() => sdk.close())
  return sdk
}

const open = (sdk: SDK, address: string | null = null, options = {}): SharedLog => {
  const log = new SharedLog(address, { sdk, ...options })
  onTestFinished(() => log.close())
  return log
}

const valuesOf = (log: SharedLog): unknown[] => log.values().map(({ value }) => value)

const until = (log: SharedLog, isSo: () => void): Promise<void> =>
  vi.waitFor(
    () => {
      log.values()
      isSo()
    },
    { timeout: 10_000 },
  )

/** Members of a group that all may write. */
const setup = async (count: number) => {
  const { members } = await setupMembers(count)
  const sdks = members.map((group) => sdkFor(group))
  const founded = open(sdks[0] as SDK)
  await founded.ready()
  const others = sdks.slice(1).map((sdk) => open(sdk, founded.url))
  for (const other of others) {
    await other.ready()
    await founded.authorize(other.localUrl)
    await until(other, () => expect(other.writable).toBe(true))
  }
  return { members, logs: [founded, ...others] }
}

describe('a shared log', () => {
  it('is in one order for all who write it at once', async () => {
    const { logs } = await setup(3)
    await Promise.all(
      logs.map(async (log, at) => {
        for (let index = 0; index < 20; index++) await log.append(`${at}:${index}`)
      }),
    )
    for (const log of logs) await until(log, () => expect(log.values()).toHaveLength(60))
    const [first, ...others] = logs.map(valuesOf)
    for (const other of others) expect(other).toEqual(first)
    const own = logs.map((_, at) => (first as string[]).filter((text) => text.startsWith(`${at}:`)))
    expect(own.map((texts) => texts.at(-1))).toEqual(['0:19', '1:19', '2:19'])
  })

  it('has answers behind what they answer', async () => {
    const { logs } = await setup(2)
    const [ada, bob] = logs as [SharedLog, SharedLog]
    for (let round = 0; round < 5; round++) {
      await ada.append({ question: round })
      await until(bob, () => expect(bob.values()).toHaveLength(2 * round + 1))
      await bob.append({ answer: round, bytes: Uint8Array.of(round) })
      await until(ada, () => expect(ada.values()).toHaveLength(2 * round + 2))
    }
    expect(valuesOf(ada)).toEqual(valuesOf(bob))
    expect(valuesOf(ada).slice(0, 2)).toEqual([{ question: 0 }, { answer: 0, bytes: Uint8Array.of(0) }])
  })

  it('is written by those alone who were let in, and no more by who is revoked', async () => {
    const { members } = await setupMembers(3)
    const [one, two, three] = members.map((group) => sdkFor(group)) as [SDK, SDK, SDK]
    const ada = open(one)
    await ada.append('from ada')
    const bob = open(two, ada.url)
    await bob.ready()
    await expect(bob.append('too early')).rejects.toMatchObject({ code: 'log-read-only' })
    await ada.authorize(bob.localUrl)
    await until(bob, () => expect(bob.writable).toBe(true))
    await bob.append('from bob')
    const eve = open(three, ada.url)
    await eve.ready()
    await expect(bob.authorize(eve.localUrl)).rejects.toMatchObject({ code: 'log-read-only' })
    await ada.authorize(bob.localUrl, { admin: true })
    await until(bob, () => expect(bob.writers()[1]).toMatchObject({ isAdmin: true }))
    await bob.authorize(eve.localUrl)
    await until(eve, () => expect(eve.writable).toBe(true))
    await until(ada, () => expect(ada.values()).toHaveLength(2))
    await bob.revoke(eve.localUrl)
    await until(eve, () => expect(eve.writable).toBe(false))
    await expect(eve.append('too late')).rejects.toMatchObject({ code: 'log-read-only' })
    expect(() => bob.revoke(ada.url)).not.toThrow()
    await expect(bob.revoke(ada.url)).rejects.toThrow(RangeError)
    for (const log of [ada, bob, eve]) {
      await until(log, () => expect(log.writers()).toHaveLength(3))
      expect(valuesOf(log)).toEqual(['from ada', 'from bob'])
    }
    expect(eve.writers().at(-1)).toEqual({ url: eve.localUrl, isAdmin: false, isRevoked: true })
  })

  it('is there again when it is opened again, by its name, and read through others when its founder is gone', async () => {
    const { members } = await setupMembers(3)
    const storage = memoryStorage()
    const sdk = sdkFor(members[0], storage)
    const founded = open(sdk, 'notes')
    await founded.append('one')
    const bob = open(sdkFor(members[1]), founded.url)
    await bob.ready()
    await founded.authorize(bob.localUrl)
    await until(bob, () => expect(bob.writable).toBe(true))
    await bob.append('two')
    await until(founded, () => expect(founded.values()).toHaveLength(2))
    await founded.close()
    const again = open(sdk, 'notes')
    await again.append('three')
    expect(valuesOf(again)).toEqual(['one', 'two', 'three'])
    await until(bob, () => expect(bob.values()).toHaveLength(3))
    await again.close()
    sdk.close()
    const late = open(sdkFor(members[2]), bob.url)
    await late.ready()
    await until(late, () => expect(valuesOf(late)).toEqual(['one', 'two', 'three']))
  })

  it('settles what waits when its SDK is closed, and leaves nothing open of one that is closed while it opens', async () => {
    const storage = memoryStorage()
    const [one, other] = [sdkFor(), sdkFor(undefined, storage)]
    const founded = open(one)
    await founded.append('x')
    const reader = open(other, founded.url)
    const opening = reader.ready()
    await reader.close()
    await expect(opening).rejects.toMatchObject({ code: 'closed' })
    const appending = [founded.append('y'), founded.append('z')]
    one.close()
    for (const result of await Promise.allSettled(appending)) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'closed' })
    }
    await expect(founded.append('late')).rejects.toMatchObject({ code: 'closed' })
    // Before what was here is read.
    const slow = open(other)
    const late = slow.append('x')
    await slow.ready()
    other.close()
    await expect(late).rejects.toMatchObject({ code: 'closed' })
  })

  it('throws for what is none, and settles all when it is closed', async () => {
    const sdk = sdkFor()
    expect(() => new SharedLog(7 as never)).toThrow(TypeError)
    expect(() => new SharedLog(null, { sparse: true } as never)).toThrow(TypeError)
    const log = open(sdk)
    expect(() => log.append(() => 1)).toThrow(TypeError)
    expect(() => log.append('x'.repeat(62_000))).toThrow(expect.objectContaining({ code: 'block-too-large' }))
    expect(() => log.authorize('a name')).toThrow(RangeError)
    expect([log.url, log.localUrl, log.key, log.writable, log.values(), log.writers()]).toEqual([
      '',
      '',
      null,
      false,
      [],
      [],
    ])
    const appending = log.append('x')
    await log.close()
    await expect(appending).rejects.toMatchObject({ code: 'closed' })
    await expect(log.ready()).rejects.toMatchObject({ code: 'closed' })
  })
})
