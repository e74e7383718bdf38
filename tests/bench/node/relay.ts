/**
 * `relay.ts`: 1 KiB messages per second from one member to another by way of a third, over real links of three members in
 * this process. By turns with the suite that ships and with one that seals nothing, which nothing but this file can put
 * in: it makes the engines itself.
 */
import { platform } from '#platform'
import { deriveGroupKeys, loadSodium } from '../../../sdk/crypto/index.js'
import { createSuite } from '../../../sdk/crypto/noise-suite.js'
import type { CryptoSuite } from '../../../sdk/crypto/suite.js'
import { openSignaling } from '../../../sdk/discovery/signaling-socket.js'
import { EngineHost } from '../../../sdk/group/engine-host.js'
import { Journal } from '../../../sdk/group/journal.js'
import type { SignaledTransport } from '../../../sdk/link/link.js'
import { webRTC } from '../../../sdk/link/webrtc.js'
import { Engine } from '../../../sdk/mesh/engine.js'
import { concatBytes, encodeUtf8 } from '../../../sdk/util/bytes.js'
import { createSignaling } from '../../../signaling/index.js'

const MESSAGE_BYTES = 1_024
const MESSAGES = 20_000
const ROUNDS = 5
const TAG_BYTES = 16

const randomBytes = (size: number): Uint8Array => platform.randomBytes(size)
const shipped = createSuite({ sodium: await loadSodium(), random: randomBytes })
/** Of what is sealed with a counter, that is, of every frame after the handshake. Relays know a frame by its tag. */
const unsealed: CryptoSuite = {
  ...shipped,
  seal: (_key, _counter, _ad, plaintext) => {
    const tag = new Uint8Array(TAG_BYTES)
    new DataView(tag.buffer).setFloat64(0, Math.random())
    return concatBytes(plaintext, tag)
  },
  open: (_key, _counter, _ad, sealed) => sealed.slice(0, -TAG_BYTES),
}

const signaling = await createSignaling({ port: 0 }).listen()

class Member {
  readonly engine: Engine
  readonly #host: EngineHost
  readonly #transport: SignaledTransport
  #delivered = 0
  #watch: () => void = () => undefined

  constructor(suite: CryptoSuite, keys: ReturnType<typeof deriveGroupKeys>, canLink: (id: string) => boolean) {
    this.engine = new Engine(
      {
        suite,
        keys,
        identity: suite.identityKeys(),
        session: suite.sessionKeys(),
        profile: encodeUtf8('{}'),
        bot: false,
        addresses: [],
        dials: false,
        relay: true,
        server: true,
        canLink,
        limits: { messageBytes: 1_048_576, maxLinks: 32, stallMs: 5_000 },
        lingerMs: 10_000,
      },
      platform.now(),
    )
    this.#transport = webRTC({ rtc: (id) => (canLink(id) ? undefined : null) })
    this.#host = new EngineHost({
      engine: this.engine,
      iceServers: [],
      transports: [this.#transport],
      isDialable: () => false,
      clock: platform,
      journal: new Journal(null, platform),
      openServer: (handlers) => openSignaling({ urls: [signaling.url], platform, handlers }),
      onAdmitted: () => undefined,
      onReported: () => undefined,
      onFailed: () => undefined,
      onHappening: ({ type }) => {
        if (type === 'message') this.#delivered++
        this.#watch()
      },
      onCrash: (error) => {
        throw error
      },
    })
  }

  async start(): Promise<void> {
    await this.#transport.load()
    this.#host.push({ type: 'start' })
  }

  send(to: Member, bytes: Uint8Array): void {
    this.#host.push({ type: 'submit', submission: 0, to: to.engine.id, kind: 'binary', bytes })
  }

  /** Resolves in the course of the event that makes it so. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#watch = () => {
        if (isSo()) resolve()
      }
      this.#watch()
    })
  }

  untilDelivered(count: number): Promise<void> {
    const all = this.#delivered + count
    return this.until(() => this.#delivered >= all)
  }

  async leave(): Promise<void> {
    this.#host.push({ type: 'leave', now: true })
    await this.#host.closed
  }
}

const connect = async (suite: CryptoSuite): Promise<readonly [Member, Member, Member]> => {
  const keys = deriveGroupKeys(suite, randomBytes(32), [{ id: 'anonymous' }])
  const relay = new Member(suite, keys, () => true)
  const ends = [0, 1].map(() => new Member(suite, keys, (id) => id === relay.engine.id)) as [Member, Member]
  await Promise.all([relay, ...ends].map((member) => member.start()))
  await ends[0].until(() => ends[0].engine.peer(ends[1].engine.id)?.path.kind === 'relayed')
  return [ends[0], ends[1], relay]
}

const message = randomBytes(MESSAGE_BYTES)

/** Messages per second. */
const measure = async ([from, to]: readonly [Member, Member, Member]): Promise<number> => {
  const beganMs = performance.now()
  const delivered = to.untilDelivered(MESSAGES)
  for (let i = 0; i < MESSAGES; i++) from.send(to, message)
  await delivered
  return (MESSAGES * 1_000) / (performance.now() - beganMs)
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN

const groups = { sealed: await connect(shipped), unsealed: await connect(unsealed) }
for (const group of Object.values(groups)) await measure(group)
const rates = { sealed: [] as number[], unsealed: [] as number[] }
for (let round = 0; round < ROUNDS; round++) {
  for (const kind of ['sealed', 'unsealed'] as const) rates[kind].push(await measure(groups[kind]))
}
for (const members of Object.values(groups)) for (const member of members) await member.leave()
await signaling.close()
process.stdout.write(`relay ${JSON.stringify({ sealed: median(rates.sealed), unsealed: median(rates.unsealed) })}\n`)
