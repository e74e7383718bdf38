import type { CryptoSuite, KeyPair } from '../../sdk/crypto/suite.js'
import { issueCertificate, memberIdBytes } from '../../sdk/mesh/session/certificates.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { encodeRecord } from '../../sdk/protocol/records.js'
import { encodeRosterBody } from '../../sdk/protocol/roster-record.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import { epochMs } from './clock.js'
import type { Member, Tamper } from './member.js'
import type { World } from './world.js'

/** Older than the first certificate of the same member. */
const OLDER_MS = 60_000
/** Above every version that a card of a real member reaches. */
const LATER_VERSION = 1_000

/**
 * Publishes cards on every channel of its own that no honest member may pass on, and one that all may: of a member that
 * is nowhere, so that there can be an older one of it.
 */
export const publishFalseCards = (world: World, member: Member): Tamper => {
  const served = new Set<number>()
  let frame: Uint8Array | null = null
  return (written, carrier) => {
    if (written[0] !== FRAME.PACK || served.has(carrier)) return []
    served.add(carrier)
    frame ??= falseCards(world, member)
    return [frame]
  }
}

const falseCards = (world: World, member: Member): Uint8Array => {
  const { suite, keys } = world
  const nowMs = epochMs + Math.floor(world.queue.nowMs)
  const issue = (paper: Paper, topic: Uint8Array, issuedMs: number): Uint8Array =>
    issueCertificate(suite, { ...paper, topic }, issuedMs)
  const card = (
    paper: Paper,
    certificate: Uint8Array,
    { id = paper.id, version = 1, secretKey = paper.identity.secretKey } = {},
  ): Uint8Array => {
    const content = { kind: 'card' as const, certificate, profile: new Uint8Array(2), addresses: [] }
    const body = encodeRosterBody(id, version, { ...content, capabilities: 2, providers: ['anonymous'], maxLinks: 32 })
    const signature = suite.sign(secretKey, 'record', concatBytes(keys.topic, body))
    return encodeRecord({ type: 'roster', record: concatBytes(body, signature) })
  }
  const [real, foreign, forger, unsigned, thief] = Array.from({ length: 5 }, () => createPaper(suite)) as PaperList
  const victim = world.running().find((other) => other !== member) ?? member
  const forged = issue(forger, keys.topic, nowMs)
  forged.set(suite.random(64), forged.length - 64)
  world.counts.madeUp++
  world.frames?.published(real.id, nowMs)
  return concatBytes(
    Uint8Array.of(FRAME.PACK),
    card(real, issue(real, keys.topic, nowMs)),
    card(real, issue(real, keys.topic, nowMs - OLDER_MS), { version: 2 }),
    card(foreign, issue(foreign, suite.random(32), nowMs)),
    card(forger, forged),
    card(unsigned, issue(unsigned, keys.topic, nowMs), { secretKey: suite.identityKeys().secretKey }),
    card(thief, issue(thief, keys.topic, nowMs), { id: victim.engine.idBytes, version: LATER_VERSION }),
  )
}

/** A member that has keys and is nowhere. */
interface Paper {
  readonly identity: KeyPair
  readonly session: KeyPair
  readonly id: Uint8Array
}
type PaperList = [Paper, Paper, Paper, Paper, Paper]

const createPaper = (suite: CryptoSuite): Paper => {
  const identity = suite.identityKeys()
  const session = suite.sessionKeys()
  return { identity, session, id: memberIdBytes(suite, session.publicKey, identity.publicKey) }
}
