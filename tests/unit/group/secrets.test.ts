import { inspect } from 'node:util'
import { expect, it, onTestFinished, vi } from 'vitest'
import { allowList, configure, Identity, sharedSecret, SkeinError, WebGroup } from '../../../sdk/group/index.js'
import { createMemoryNetwork } from '../../../sdk/link/memory.js'
import { CLOSE_VERSION } from '../../../sdk/protocol/close-codes.js'
import { SUBPROTOCOL } from '../../../sdk/protocol/server-frames.js'
import { setupBots } from '../bots/setup.js'
import { startFakeBot } from '../../support/fake-bot.js'
import { deadUrl, listenWith } from '../../support/socket-servers.js'

const spellings = (text: string): string[] => {
  const bytes = Buffer.from(text)
  return [text, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url'), [...bytes].join(', ')]
}

/** All that a console, a crash reporter or a curious colleague could show of a value. */
const shown = (value: unknown): string[] => {
  const texts = [inspect(value, { depth: Infinity, maxArrayLength: Infinity }), JSON.stringify({ value })]
  if (!(value instanceof Error)) return texts
  const own = Object.getOwnPropertyNames(value).map((name) => String(Reflect.get(value, name)))
  return [
    ...texts,
    value.message,
    String(value.stack),
    ...own,
    ...(value.cause === undefined ? [] : shown(value.cause)),
  ]
}

it('secrets are in no error, log, stats() or describe(), whatever goes wrong', { timeout: 60_000 }, async () => {
  const { createGroup, network, startBot, signaling } = await setupBots()
  const typed = 'marigold, a typed key'
  const secret = 'juniper, a shared secret'
  const passphrase = 'larkspur, a passphrase'
  const identity = await Identity.create()
  const exported = await identity.export()
  const generated = WebGroup.generateKey()
  const token = 'foxglove-token'
  const pin = Buffer.alloc(32, 'pin').toString('base64url')
  const seen: string[] = []
  const codes = new Set<string>()

  const note = (error: unknown): void => {
    seen.push(...shown(error))
    const { code, name } = error as { readonly code?: string | number; readonly name: string }
    codes.add(typeof code === 'string' ? code : name)
  }
  const fails = async (run: () => unknown): Promise<void> => {
    try {
      await run()
    } catch (error) {
      note(error)
      return
    }
    throw new Error(`went well: ${run.toString()}`)
  }
  const look = (group: WebGroup): void => {
    for (const value of [group, group.stats(), group.describe(), group.peers]) seen.push(...shown(value))
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    const spy = vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
      seen.push(...values.flatMap(shown))
    })
    onTestFinished(() => spy.mockRestore())
  }

  // Arguments that are none, or in the wrong place.
  const left = new WebGroup({ signaling: signaling.url, auth: sharedSecret(secret) })
  await fails(() => left.join(generated.slice(0, -1)))
  await fails(() => left.join(`${generated}x`))
  await fails(() => left.join(typed.repeat(30)))
  await fails(() => left.join(generated, { timeoutMs: 0 }))
  for (const mistaken of [generated, typed, secret, passphrase, `wss://a.example/#skein=${generated}`, `a:${secret}`]) {
    await fails(() => new WebGroup({ signaling: mistaken }))
    await fails(() => configure({ signaling: mistaken }))
    await fails(() => left.invite(mistaken))
  }
  await fails(() => new WebGroup({ signaling: `ws://${token}:${token}@a.example/${token}?token=${token}` }))
  await fails(() => new WebGroup({ identity: exported as never }))
  await fails(() => new WebGroup({ auth: secret as never }))
  await fails(() => new WebGroup({ auth: { id: secret } }))
  await fails(() => new WebGroup({ auth: { id: 'own', secret: secret as never } }))
  await fails(() => new WebGroup({ auth: [sharedSecret(secret), sharedSecret(`${secret}!`)] }))
  await fails(() => new WebGroup({ iceServers: [{ urls: token, credential: token }] }))
  await fails(() => sharedSecret(secret.repeat(300)))
  await fails(() => sharedSecret([secret] as never))
  await fails(() => allowList([secret]))
  await fails(() => allowList([exported]))
  await fails(() => left.invite(`wss://bots.example#${pin}x`))
  await fails(() => left.invite(`wss://bots.example#${generated}`))

  // Identities.
  const sealed = await identity.export(passphrase)
  await fails(() => Identity.import(sealed, `${passphrase}!`))
  await fails(() => Identity.import(sealed))
  await fails(() => Identity.import(exported.slice(0, -1), passphrase))
  await fails(() => Identity.import(passphrase, passphrase))
  await fails(() => Identity.import(exported.repeat(20)))
  await fails(() => identity.export(passphrase.repeat(30)))

  // Joins.
  const dead = (await deadUrl()).replace('://', `://${token}:${token}@`)
  await fails(() => createGroup({ signaling: `${dead}/?token=${token}`, auth: sharedSecret(secret) }).join(generated))
  await fails(() => createGroup({ signaling: [`${dead}/?token=${token}`, dead] }).join(typed))
  const garbage = await listenWith(SUBPROTOCOL, (socket) => socket.send('hello'))
  await fails(() => createGroup({ signaling: garbage }).join(generated))
  const silent = await listenWith(SUBPROTOCOL, () => undefined)
  await fails(() => createGroup({ signaling: silent }).join(typed, { timeoutMs: 1_000 }))
  const other = await listenWith(SUBPROTOCOL, (socket) => socket.close(CLOSE_VERSION))
  await fails(() => createGroup({ signaling: other }).join(generated))
  await fails(() => createGroup({ signaling: [] }).join(generated))
  const engineless = { ...network.transport, load: () => Promise.reject(new SkeinError('engine-missing', 'none')) }
  await fails(() => createGroup({ transports: [engineless] }).join(generated))
  await fails(() => createGroup().join(generated, { signal: AbortSignal.abort() }))

  for (const key of [generated, typed]) {
    // Without a listener for `error`, so that what it would hear is logged.
    const ada = new WebGroup({
      signaling: signaling.url,
      transports: [network.transport],
      auth: sharedSecret(secret),
      identity,
      limits: { messageBytes: 10 },
    })
    onTestFinished(() => ada.leave())
    await ada.join(key)
    look(ada)
    await fails(() => ada.join(`${key}!`.slice(-20)))
    await fails(() => ada.sendTo('nobody', secret))
    await fails(() => ada.send({ secret } as never))
    await fails(() => ada.safetyNumber('nobody'))
    await fails(() => ada.verify('nobody'))
    await fails(() => ada.send(secret))

    // Others with the same secret, of whom one cannot be linked.
    const cyn = createGroup({ auth: sharedSecret(secret) })
    await cyn.join(key)
    await fails(() => cyn.verify(ada.myId))
    look(cyn)
    await cyn.leave()
    const elsewhere = createGroup({ auth: sharedSecret(secret), transports: [createMemoryNetwork().transport] })
    await fails(() => elsewhere.join(key, { timeoutMs: 1_000 }))

    // One that has another secret.
    const bob = createGroup({ auth: sharedSecret(`${secret}?`) })
    await fails(() => bob.join(key))
    look(bob)

    // Bots.
    const { url } = await startBot({ webGroupOptions: { auth: sharedSecret(`${secret}?`) } })
    await fails(() => ada.invite(url))
    await fails(() => ada.invite(`${url}/?token=${token}#${pin}`))
    await fails(() => ada.invite(`ws://${token}@bots.example/?token=${token}#${pin}`))
    await fails(() => ada.invite(`ws://127.0.0.1:9/?token=${token}#${pin}`))
    const fake = await startFakeBot({ proof: () => ['hello'] })
    await fails(() => ada.invite(`${fake.url}#${pin}`))
    look(ada)
    const inviting = fails(() => ada.invite(url))
    await ada.leave()
    await inviting
    await fails(() => ada.send(secret))
  }

  expect([...codes].sort()).toEqual([
    'AbortError',
    'RangeError',
    'TypeError',
    'already-joined',
    'auth-rejected',
    'closed',
    'engine-missing',
    'insecure-url',
    'invite-failed',
    'join-timeout',
    'member-unknown',
    'member-unnamed',
    'message-too-large',
    'not-joined',
    'passphrase-wrong',
    'peers-unreachable',
    'signaling-missing',
    'signaling-refused',
    'signaling-unreachable',
    'version-mismatch',
  ])
  expect(seen.length).toBeGreaterThan(200)
  const hidden = { generated, inner: generated.slice(4), typed, secret, passphrase, exported, token, pin }
  for (const [name, text] of Object.entries(hidden)) {
    const parts = [text, ...(text.length > 40 ? [text.slice(8, 30)] : [])]
    for (const spelling of parts.flatMap(spellings)) {
      for (const line of seen) expect(line.includes(spelling), `${name} in: ${line}`).toBe(false)
    }
  }
  const raw = Buffer.from(generated.slice(4), 'base64url').subarray(2)
  for (const spelling of [raw.toString('hex'), [...raw].join(', '), raw.toString('base64')]) {
    for (const line of seen) expect(line.includes(spelling), `the secret of the key in: ${line}`).toBe(false)
  }
})
