import { describe, expect, it, onTestFinished } from 'vitest'
import {
  allowList,
  anonymous,
  Identity,
  sharedSecret,
  WebGroup,
  type AuthProvider,
  type WebGroupOptions,
} from '../../../sdk/group/index.js'
import { createSignaling } from '../../../signaling/index.js'
import { code, setupBots } from '../bots/setup.js'
import { nextEvent, record, setup, waitUntil } from './setup.js'

/** That there will be no session is known by the first handshake message. */
const REFUSAL_MS = 2_000

const elapsed = async (run: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now()
  await run()
  return performance.now() - beganMs
}

/** With the WebRTC that the platform has, as an application would be. */
const setupReal = async () => {
  const server = await createSignaling({ port: 0 }).listen()
  const groups: WebGroup[] = []
  onTestFinished(async () => {
    await Promise.all(groups.map((group) => group.leave()))
    await server.close()
  })
  const createGroup = (options: WebGroupOptions): WebGroup => {
    const group = new WebGroup({ signaling: server.url, ...options })
    groups.push(group)
    return group
  }
  return { createGroup }
}

describe.each([
  ['WebRTC', setupReal],
  ['links in memory', setup],
])('members with shared secrets, over %s', (_name, setupGroups) => {
  it('A1: talk when it is the same one', async () => {
    const { createGroup } = await setupGroups()
    const [ada, bob] = [createGroup({ auth: sharedSecret('x') }), createGroup({ auth: sharedSecret('x') })]
    await ada.join()
    const heard = nextEvent(ada, 'message')
    await bob.join(ada.key)
    await bob.send('hello')
    expect(await heard).toMatchObject({ from: bob.myId, data: 'hello' })
  })

  it('A4, A5: hear of another one within 2 s, at both ends, and the newcomer may come again with the right one', async () => {
    const { createGroup } = await setupGroups()
    const ada = createGroup({ auth: sharedSecret('right') })
    await ada.join()
    const bob = createGroup({ auth: sharedSecret('wrong') })
    const told = nextEvent(ada, 'error')
    const log = record(ada, ['member:join'])
    const heard = record(bob, ['error', 'state:change'])
    const ms = await elapsed(async () => {
      await expect(bob.join(ada.key)).rejects.toEqual(code('auth-rejected'))
      expect((await told).error).toEqual(code('auth-rejected'))
    })
    expect(ms).toBeLessThan(REFUSAL_MS)
    expect(heard).toEqual([
      { name: 'state:change', event: { previous: 'left', next: 'joining', reason: 'join' } },
      { name: 'state:change', event: { previous: 'joining', next: 'left', reason: 'auth-rejected' } },
      { name: 'error', event: { error: code('auth-rejected') } },
    ])
    expect([bob.state, bob.key, log, ada.members]).toEqual(['left', '', [], [ada.myId]])

    const right = createGroup({ auth: sharedSecret('right') })
    await right.join(ada.key)
    expect(right.members).toEqual([right.myId, ada.myId])
    await waitUntil(ada, () => ada.members.length === 2)
  })
})

describe('a newcomer', () => {
  it('A5: is joined when one of two lets it in', async () => {
    const { createGroup } = await setup()
    const ada = createGroup({ auth: [sharedSecret('x'), anonymous()] })
    const bob = createGroup({ auth: sharedSecret('x') })
    await ada.join()
    await bob.join(ada.key)
    await waitUntil(bob, () => bob.members.length === 2)
    const told = nextEvent(bob, 'error')
    const cyn = createGroup()
    await cyn.join(ada.key)
    expect((await told).error).toEqual(code('auth-rejected', cyn.myId))
    expect(cyn.members).toEqual([cyn.myId, ada.myId])
    await waitUntil(ada, () => ada.members.length === 3)
    expect(bob.members).toHaveLength(2)
  })

  it.each(['the newcomer', 'the other one'])('A3: is let in by identities on both lists; %s lacks one', async (who) => {
    const { createGroup } = await setup()
    const identities = { ada: await Identity.create(), bob: await Identity.create(), cyn: await Identity.create() }
    const { ada: adaId, bob: bobId, cyn: cynId } = identities
    const ada = createGroup({
      identity: adaId,
      auth: allowList([bobId.id, ...(who === 'the newcomer' ? [cynId.id] : [])]),
    })
    const bob = createGroup({ identity: bobId, auth: allowList([adaId.id]) })
    const cyn = createGroup({ identity: cynId, auth: allowList(who === 'the newcomer' ? [bobId.id] : [adaId.id]) })
    await ada.join()
    await bob.join(ada.key)
    expect(bob.peers.map(({ identity }) => identity)).toEqual([adaId.id])
    await expect(cyn.join(ada.key)).rejects.toEqual(code('auth-rejected'))
  })

  it('A3: is not let in by a provider that throws, which is told of', async () => {
    const { createGroup } = await setup()
    const broken = new Error('the list could not be read')
    const admits = (): boolean => {
      throw broken
    }
    const ada = createGroup({ auth: { id: 'own', admits } })
    const told = record(ada, ['error'])
    await ada.join()
    const bob = createGroup({ auth: { id: 'own' } })
    const refused = new Promise<void>((resolve) =>
      ada.on('error', ({ error }) => {
        if (error !== broken) resolve()
      }),
    )
    await expect(bob.join(ada.key)).rejects.toEqual(code('auth-rejected'))
    await refused
    expect(told).toContainEqual({ name: 'error', event: { error: broken } })
    expect(told).toContainEqual({ name: 'error', event: { error: code('auth-rejected', bob.myId) } })
    expect([ada.state, ada.members]).toEqual(['joined', [ada.myId]])
  })

  it('A3: may be let in by a provider that is an instance of a class', async () => {
    class Door implements AuthProvider {
      readonly id = 'door'
      readonly #open: boolean
      constructor(open: boolean) {
        this.#open = open
      }
      admits(): boolean {
        return this.#open
      }
    }
    const { createGroup } = await setup()
    const [ada, bob, cyn] = [true, true, false].map((open) => createGroup({ auth: new Door(open) })) as [
      WebGroup,
      WebGroup,
      WebGroup,
    ]
    await ada.join()
    await bob.join(ada.key)
    expect(bob.members).toContain(ada.myId)
    await expect(cyn.join(ada.key)).rejects.toEqual(code('auth-rejected'))
  })
})

describe('a bot', () => {
  it('comes to a group with the same secret', async () => {
    const { join, startBot } = await setupBots()
    const { url, errors } = await startBot({ webGroupOptions: { auth: sharedSecret('x') } })
    const ada = await join(undefined, { auth: sharedSecret('x') })
    const id = await ada.invite(url)
    expect(ada.members).toEqual([ada.myId, id])
    expect(errors).toEqual([])
  })

  it.each<[string, WebGroupOptions, WebGroupOptions]>([
    ['another secret', { auth: sharedSecret('x') }, { auth: sharedSecret('y') }],
    ['a secret where the group asks for none', { auth: sharedSecret('x') }, {}],
    ['nobody on its list', { auth: allowList([]) }, { auth: { id: 'allow-list' } }],
    ['no place on the list of the group', { auth: { id: 'allow-list' } }, { auth: allowList([]) }],
  ])('A4: with %s is not waited for: invite rejects, and its own join ends', async (_what, botOptions, options) => {
    const { join, startBot } = await setupBots()
    const { url, errors, bot, hosted } = await startBot({ webGroupOptions: botOptions })
    const ada = await join(undefined, options)
    const told = record(ada, ['error'])
    // As often as it is asked, also while it has not heard of the first refusal.
    for (let time = 1; time <= 3; time++) {
      const ms = await elapsed(() =>
        expect(ada.invite(url)).rejects.toEqual(code('auth-rejected', 'could not be invited')),
      )
      expect(ms).toBeLessThan(REFUSAL_MS)
    }
    await Promise.all(hosted.map((group) => waitUntil(group, () => group.state === 'left')))
    expect(errors.length).toBe(hosted.length)
    for (const error of errors) expect(error).toEqual(code('auth-rejected'))
    expect([ada.members, ada.state, bot.groups]).toEqual([[ada.myId], 'joined', []])
    expect(told.length).toBeGreaterThanOrEqual(3)
  })

  it('A4: that is here for others is not waited for either, by whom it does not let in, however often it is asked', async () => {
    const { join, startBot } = await setupBots()
    const { url, bot, errors } = await startBot({ webGroupOptions: { auth: sharedSecret('x') } })
    const ada = await join(undefined, { auth: [sharedSecret('x'), anonymous()] })
    const id = await ada.invite(url)
    const bob = await join(ada.key)
    for (let time = 1; time <= 3; time++) {
      const ms = await elapsed(() => expect(bob.invite(url)).rejects.toEqual(code('auth-rejected')))
      expect(ms).toBeLessThan(REFUSAL_MS)
    }
    expect([ada.members.includes(id), bob.members, bot.groups.length]).toEqual([true, [bob.myId, ada.myId], 1])
    expect(errors).toEqual([])
  })
})
