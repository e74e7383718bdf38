import { readFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { platform } from '#platform'
import { sharedSecret, WebGroup, type LogEntry, type WebGroupOptions } from '../../../sdk/group/index.js'
import { nextEvent, setup, setupMembers, waitUntil } from './setup.js'

const isDeepFrozen = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen))

describe('WebGroup.debugReport', () => {
  it('works before a join, and says what the group is set up to do', async () => {
    const group = new WebGroup({
      signaling: ['wss://user:pass@a.example/path?token=x', 'wss://203.0.113.7:9000'],
      limits: { maxLinks: 7 },
    })
    const report = await group.debugReport()
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
    expect(report).toMatchObject({
      skein: version,
      state: 'left',
      signalingState: 'closed',
      myId: '',
      members: [],
      totals: null,
      holdings: null,
      streams: {},
      happenings: [],
      errors: [],
      settings: {
        signalingServers: 2,
        transports: ['signaled', 'dialed'],
        authProviders: 1,
        hasIdentity: false,
        maxLinks: 7,
        stallMs: 5_000,
        lingerMs: 10_000,
        key: null,
      },
    })
    expect(report.settings.hosts.map(({ host }) => host)).toEqual(['a.example', '(address):9000'])
    expect(report.runtime).toMatchObject({
      name: `Node ${process.versions.node}, ${process.platform}`,
      visibility: null,
    })
    expect(Date.parse(report.time)).toBeLessThanOrEqual(Date.now())
  })

  it('is plain data, frozen to the last', async () => {
    const { members } = await setupMembers(2)
    const report = await members[0].debugReport()
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(isDeepFrozen(report)).toBe(true)
  })

  it('shows members, figures and open streams while joined', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob] = members
    bob.on('duplex:open', () => undefined)
    await ada.openDuplex(bob.myId)
    await bob.channel<string>('cursor').send('x')
    await waitUntil(ada, () => ada.neighbors.length === 2)
    await vi.waitFor(async () => {
      expect((await ada.debugReport()).streams).toMatchObject({ channel: 1 })
    })
    const report = await ada.debugReport()
    expect(report).toMatchObject({ state: 'joined', signalingState: 'open', myId: `${ada.myId.slice(0, 6)}…` })
    expect(report.members.map(({ id }) => id)).toEqual(ada.peers.map(({ id }) => `${id.slice(0, 6)}…`))
    expect(report.members[0]).toMatchObject({ path: 'direct', via: [], bot: false, verified: false })
    expect(report.totals).toMatchObject({ members: 3, links: 2 })
    expect(report.holdings?.streams).toBeGreaterThan(0)
    expect(report.settings.key).toBe('generated')
  })

  it('keeps what has happened, and shows it after the group was left', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const id = `${bob.myId.slice(0, 6)}…`
    await bob.leave()
    await waitUntil(ada, () => ada.members.length === 1)
    await ada.leave()
    const report = await ada.debugReport()
    expect(report).toMatchObject({ state: 'left', myId: '', members: [], totals: null })
    const told = report.happenings.map(({ event, next, member }) => [event, next ?? member])
    expect(told.filter(([event]) => event === 'state:change').map(([, next]) => next)).toEqual([
      'joining',
      'joined',
      'leaving',
      'left',
    ])
    expect(told).toContainEqual(['signaling:change', 'open'])
    expect(told).toContainEqual(['member:join', id])
    expect(told).toContainEqual(['member:leave', id])
  })

  it('shows the codes of errors, and of a failed join what it failed with', async () => {
    const group = new WebGroup({ signaling: 'ws://localhost:9/path?token=SECRET' })
    await group.join().catch(() => undefined)
    await group.send('x').catch(() => undefined)
    const { errors, happenings } = await group.debugReport()
    expect(errors.map(({ code, action }) => [code, action])).toEqual([
      ['signaling-unreachable', 'group could not be joined'],
      ['not-joined', 'message could not be sent'],
    ])
    expect(happenings).toContainEqual(
      expect.objectContaining({ event: 'state:change', reason: 'signaling-unreachable' }),
    )
    expect(happenings).toContainEqual(expect.objectContaining({ event: 'signaling:closed', code: 1006, opened: false }))
  })

  it('shows attempts to invite a bot', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    await group.join()
    await group.invite('ws://localhost:9/path').catch(() => undefined)
    const { happenings } = await group.debugReport()
    expect(happenings).toContainEqual(expect.objectContaining({ event: 'invite:begin', host: 'localhost:9' }))
    expect(happenings).toContainEqual(expect.objectContaining({ event: 'invite:failed', code: 'invite-failed' }))
  })

  it('keeps a hundred happenings and twenty errors, the newest, whatever the group goes through', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    for (let i = 0; i < 30; i++) await group.send('x').catch(() => undefined)
    for (let i = 0; i < 15; i++) {
      await group.join()
      await group.leave()
    }
    const { happenings, errors } = await group.debugReport()
    expect([happenings.length, errors.length]).toEqual([100, 20])
    expect(happenings.at(-1)).toMatchObject({ event: 'state:change', next: 'left' })
  })

  it('keeps nothing of messages', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const before = (await bob.debugReport()).happenings.length
    for (let i = 0; i < 200; i++) await ada.send(`message ${i}`)
    await ada.send('the last', { confirm: true })
    expect((await bob.debugReport()).happenings.length).toBe(before)
  })
})

describe('neither a report nor a log entry contains', () => {
  const secrets = {
    key: 'SECRET-typed-key of a group',
    auth: 'SECRET-auth',
    token: 'SECRET-token',
    username: 'SECRET-turn-user',
    credential: 'SECRET-turn-credential',
    turn: '203.0.113.7',
    profile: 'SECRET-profile',
    text: 'SECRET-message',
    presence: 'SECRET-presence',
    channel: 'SECRET-channel-value',
    invalid: 'SECRET-invalid-value',
    fileName: 'SECRET-file.txt',
    fileText: 'SECRET-file-content',
    fileMetadata: 'SECRET-file-metadata',
    reason: 'SECRET-reason',
    label: 'SECRET-label',
    duplex: 'SECRET-duplex-bytes',
    request: 'SECRET-request',
    thrown: 'SECRET-thrown',
    invite: 'SECRET-invite-path',
  }

  it(
    'any secret, payload, profile, presence, name of a file, text of a person, or address',
    { timeout: 60_000 },
    async () => {
      const { network, server } = await setup()
      const lines: string[] = []
      const entries: LogEntry[] = []
      vi.spyOn(platform, 'debugSetting').mockReturnValue('*')
      vi.spyOn(platform, 'writeDebug').mockImplementation((line) => void lines.push(line))
      onTestFinished(() => void vi.restoreAllMocks())
      const options: WebGroupOptions = {
        signaling: `${server.url}?token=${secrets.token}`,
        iceServers: [
          { urls: `turn:${secrets.turn}:3478`, username: secrets.username, credential: secrets.credential },
          { urls: 'stun:[2001:db8::7]:3478' },
        ],
        transports: [network.transport],
        auth: sharedSecret(secrets.auth),
        profile: { name: secrets.profile },
        logger: (entry) => void entries.push(entry),
      }
      const [ada, bob] = [new WebGroup(options), new WebGroup(options)]
      const stranger = new WebGroup({ ...options, auth: sharedSecret('SECRET-auth of another') })
      onTestFinished(async () => {
        await Promise.all([ada, bob, stranger].map((group) => group.leave()))
      })
      for (const group of [ada, bob]) group.on('error', () => undefined)
      await ada.join(secrets.key)
      await bob.join(secrets.key)
      await waitUntil(ada, () => ada.members.length === 2)
      await waitUntil(bob, () => bob.members.length === 2)
      await stranger.join(secrets.key).catch(() => undefined)
      bob.on('message', () => {
        throw new Error(secrets.thrown)
      })
      await ada.send(secrets.text, { confirm: true })
      const isPresent = nextEvent(bob, 'presence:change')
      ada.presence.set({ status: secrets.presence })
      await isPresent
      const isInvalid = nextEvent(bob, 'channel:invalid')
      bob.channel('chat', {
        validate: {
          '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: secrets.invalid }] }) },
        },
      })
      await ada.channel('chat').send({ text: secrets.channel })
      await isInvalid
      bob.channel('ask').handle(() => {
        throw new Error(secrets.thrown)
      })
      await ada
        .channel('ask')
        .request(secrets.request, { to: bob.myId })
        .catch(() => undefined)
      bob.on('file', (offer) => offer.reject(secrets.reason))
      await ada
        .sendFile(new TextEncoder().encode(secrets.fileText), {
          to: bob.myId,
          name: secrets.fileName,
          metadata: secrets.fileMetadata,
        })
        .catch(() => undefined)
      bob.on('duplex:open', () => undefined)
      const duplex = await ada.openDuplex(bob.myId, { label: secrets.label })
      await duplex.writable.getWriter().write(new TextEncoder().encode(secrets.duplex))
      await ada.invite(`ws://localhost:9/${secrets.invite}`).catch(() => undefined)
      await ada.send('x', { signal: AbortSignal.abort(secrets.reason) }).catch(() => undefined)
      const reports = [await ada.debugReport(), await bob.debugReport(), await stranger.debugReport()]
      await bob.leave()
      reports.push(await bob.debugReport())

      // Everything was there to be told.
      expect(new Set(entries.map(({ room }) => room))).toEqual(
        new Set(['group', 'signaling', 'mesh', 'link', 'channel', 'transfer']),
      )
      for (const event of ['message', 'presence:change', 'channel:invalid', 'file', 'file:failed', 'invite:failed']) {
        expect(entries.map((entry) => entry.event)).toContain(event)
      }
      expect(entries.map(({ event }) => event)).toContain('setup:refused')
      expect(reports[1]?.errors.map(({ type }) => type)).toContain('Error')
      const told = JSON.stringify([reports, entries, lines])
      expect(told).not.toMatch(/SECRET/)
      for (const [what, secret] of Object.entries(secrets)) expect(told.includes(secret), what).toBe(false)
      // Nor what follows from secrets: whole ids of members, of identities and of the group.
      for (const id of [ada.myId, ada.id, ada.peers[0]?.identity ?? ada.id]) expect(told.includes(id)).toBe(false)
      expect(told).not.toMatch(/[\w-]{30,}/)
      expect(told).not.toMatch(/2001:db8|203\.0\.113/)
    },
  )
})
