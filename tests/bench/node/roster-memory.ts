/** What one engine holds for each of 199 others that it knows and has a session with, of which 12 are its neighbors. */
import { deriveGroupKeys, loadSodium } from '../../../sdk/crypto/index.js'
import { createSuite } from '../../../sdk/crypto/noise-suite.js'
import type { CryptoSuite } from '../../../sdk/crypto/suite.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { encodeRecord } from '../../../sdk/protocol/records.js'
import { encodeRosterBody } from '../../../sdk/protocol/roster-record.js'
import { concatBytes } from '../../../sdk/util/bytes.js'
import { Net, type Host } from './engines.js'

const OTHERS = 199
/** So many are measured together: what else a process does meanwhile weighs less. */
const ENGINES = 3
const LINKS = 12
/** Of the records that are put in; above what anybody has published by then. */
const VERSION = 1_000
/** More than a set-up has for its answer. */
const SETTLE_MS = 6_000

const random = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size))

interface Other {
  readonly id: Uint8Array
  readonly secretKey: Uint8Array
}

/** Links records of a ring of all, each linked with its six next on both sides, as frames. */
const ringRecords = (suite: CryptoSuite, topic: Uint8Array, host: Host, others: readonly Other[]): Uint8Array[] => {
  const ring = [...others.map(({ id }) => id), host.engine.idBytes]
  const offsets = Array.from({ length: LINKS }, (_, index) => (index < LINKS / 2 ? index - LINKS / 2 : index - 5))
  return others.map(({ id, secretKey }, index) => {
    const neighbors = offsets.map((offset) => ({
      id: ring[(index + offset + ring.length) % ring.length] as Uint8Array,
      rttClass: 10,
    }))
    const body = encodeRosterBody(id, VERSION, { kind: 'links', gone: false, away: false, neighbors })
    const record = concatBytes(body, suite.sign(secretKey, 'record', concatBytes(topic, body)))
    return concatBytes(Uint8Array.of(FRAME.PACK), encodeRecord({ type: 'roster', record }))
  })
}

/** The engine under measurement, from joins with everybody one after the other. Nothing else of them remains. */
const build = async (): Promise<Host> => {
  const suite = createSuite({ sodium: await loadSodium(), random })
  const keys = deriveGroupKeys(suite, random(32), [{ id: 'anonymous' }])
  const net = new Net(suite, keys)
  let canLink = true
  const host = net.add({
    lingerMs: 86_400_000,
    limits: { messageBytes: 1_048_576, maxLinks: 256, stallMs: 5_000 },
    canLink: () => canLink,
  })
  const others: Other[] = []
  const near: Host[] = []
  for (let i = 1; i <= OTHERS; i++) {
    const other = net.add()
    net.run(10_000, () => host.engine.members().length > i && host.engine.neighbors().includes(other.engine.id))
    others.push({ id: other.engine.idBytes, secretKey: other.identity.secretKey })
    if (OTHERS - i >= LINKS) {
      net.cut(host.link(other))
      net.remove(other)
    } else near.push(other)
    net.run(10)
  }
  canLink = false
  // Set-ups with those that are gone come to nothing.
  net.run(SETTLE_MS)
  const { carrier } = host.link(near[0] as Host)
  for (const other of near) net.remove(other)
  for (const bytes of ringRecords(suite, keys.topic, host, others)) {
    net.push(host, { type: 'carrier:bytes', carrier, lane: 'reliable', bytes })
  }
  net.run(1_000)
  const { members, sessions, links } = host.engine.stats()
  if (members !== OTHERS + 1 || sessions !== OTHERS || links !== LINKS) {
    throw new Error(`not as it should be: ${JSON.stringify({ members, sessions, links })}`)
  }
  return host
}

const measure = (): number => {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc')
  for (let i = 0; i < 4; i++) globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const held: Host[] = []
/** In a function of its own, which leaves nothing on the stack. */
const hold = async (): Promise<void> => {
  held.push(await build())
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

// The first one stays: what is compiled, cached and known of classes is held by it, and is nobody's entry.
await hold()
for (let i = 0; i < ENGINES; i++) await hold()
await settle()
const withEntries = measure()
held.length = 1
await settle()
const bytes = (withEntries - measure()) / (ENGINES * OTHERS)
console.log(`roster-memory ${JSON.stringify({ bytes })}`)
