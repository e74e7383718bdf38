/**
 * One group of two members, byte for byte, for other implementations of PROTOCOL.md: every key and random value that goes
 * in, and every frame that comes out. All bytes are in hexadecimal.
 */
import { Invitation, InvitationAnswer } from '../../sdk/crypto/invitation.js'
import { deriveGroupKeys, generateGroupKey, groupSecretOf, loadSodium, parseGroupKey } from '../../sdk/crypto/index.js'
import { createSuite } from '../../sdk/crypto/noise-suite.js'
import type { KeyPair } from '../../sdk/crypto/suite.js'
import type { Core } from '../../sdk/mesh/core.js'
import type { Peer } from '../../sdk/mesh/peer.js'
import { issueCertificate, memberIdBytes } from '../../sdk/mesh/session/certificates.js'
import { answerHandshake, beginHandshake, finishHandshake, writeHandshake } from '../../sdk/mesh/session/handshake.js'
import { sealHello } from '../../sdk/mesh/session/hello.js'
import { Session } from '../../sdk/mesh/session/session.js'
import { Admissions } from '../../sdk/mesh/setup/admissions.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { encodeHandshakePayload, type HandshakePayload } from '../../sdk/protocol/handshake-payload.js'
import { encodeHello } from '../../sdk/protocol/hello.js'
import { PackWriter } from '../../sdk/protocol/pack.js'
import { CAPABILITY, encodeRosterBody, type Card, type Links } from '../../sdk/protocol/roster-record.js'
import { encodeSetupMessage } from '../../sdk/protocol/setup-message.js'
import { encodeGreeting } from '../../sdk/protocol/socket-frames.js'
import { encodeBase64url } from '../../sdk/util/base64url.js'
import { compareBytes, concatBytes, encodeUtf8 } from '../../sdk/util/bytes.js'
import { Random } from './random.js'

const ISSUED_AT = 1_800_000_000_000

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Every random value has a name, and follows from that alone. */
const drawn = (name: string, size = 32): Uint8Array => new Random('skein wire vectors').fork(name).bytes(size)

/** Gives the values of these names, in order, and nothing more. */
const given = (...values: readonly Uint8Array[]) => {
  const left = [...values]
  return (size: number): Uint8Array => {
    const value = left.shift()
    if (value?.length !== size) throw new Error(`a random value of ${size} bytes was not given`)
    return value
  }
}

const sodium = await loadSodium()
const suiteWith = (...values: readonly Uint8Array[]) => createSuite({ sodium, random: given(...values) })

type Group = ReturnType<typeof deriveGroupKeys>

const createGroup = async () => {
  const key = generateGroupKey(given(drawn('group secret')))
  const secret = await groupSecretOf(parseGroupKey(key))
  const providers = [
    { id: 'shared-secret', secret: encodeUtf8('caf\u00e9') },
    { id: 'anonymous', secret: new Uint8Array() },
  ]
  return { key, secret, providers, keys: deriveGroupKeys(suiteWith(), secret, providers) }
}

const createMember = (name: string, { topic }: Group) => {
  const seed = drawn(`${name}: identity`)
  const sessionSecret = drawn(`${name}: session`)
  const identity = suiteWith(seed).identityKeys()
  const session = suiteWith(sessionSecret).sessionKeys()
  const id = memberIdBytes(suiteWith(), session.publicKey, identity.publicKey)
  const certificate = issueCertificate(suiteWith(), { identity, session, topic }, ISSUED_AT)
  return { name, seed, identity, session, id, certificate, helloNonce: drawn(`${name}: hello`, 24) }
}
type VectorMember = ReturnType<typeof createMember>

const describeMember = (member: VectorMember, keys: Group) => {
  const providers = keys.admissions.map(({ id }) => id)
  return {
    identitySeed: hex(member.seed),
    identity: hex(member.identity.publicKey),
    sessionSecret: hex(member.session.secretKey),
    session: hex(member.session.publicKey),
    id: hex(member.id),
    idText: encodeBase64url(member.id),
    certificate: { issuedAtMs: ISSUED_AT, lifetimeS: 86_400, capabilities: 0, bytes: hex(member.certificate) },
    hello: {
      nonce: hex(member.helloNonce),
      padded: hex(encodeHello({ certificate: member.certificate, providers })),
      sealed: hex(sealHello(suiteWith(member.helloNonce), keys, member.certificate)),
    },
  }
}

const accepted = <Value>(value: Value | string): Value => {
  if (typeof value === 'string') throw new Error(`the handshake was ${value}`)
  return value
}

const describePayload = ({ certificate, description, ...numbers }: HandshakePayload) => ({
  ...numbers,
  fresh: numbers.fresh ? 1 : 0,
  certificate: hex(certificate),
  description: hex(description ?? new Uint8Array()),
})

const shakeHands = (keys: Group, initiator: VectorMember, responder: VectorMember) => {
  const [admission] = keys.admissions
  if (!admission) throw new Error('no provider')
  const [ephemeralI, ephemeralR] = [drawn('HS1: ephemeral'), drawn('HS2: ephemeral')]
  const numbers = { attempt: 1, fresh: true, firstBroadcast: 1, firstPrivate: 1 }
  const offer = { ...numbers, epoch: 0, certificate: initiator.certificate, description: encodeUtf8('\u0001an offer') }
  const answer = {
    ...numbers,
    epoch: 1,
    certificate: responder.certificate,
    description: encodeUtf8('\u0002an answer'),
  }
  const begun = beginHandshake(
    suiteWith(ephemeralI),
    { topic: keys.topic, psk: admission.psk },
    initiator.session,
    responder.session.publicKey,
  )
  const hs1 = writeHandshake(begun, FRAME.HS1, offer)
  const answered = accepted(answerHandshake(suiteWith(ephemeralR), keys, responder.session, hs1))
  const hs2 = writeHandshake(answered.handshake, FRAME.HS2, answer)
  accepted(finishHandshake(suiteWith(), keys, begun, hs2))
  const { send: i2r, receive: r2i, hash } = begun.split()
  const terms = { epoch: 1, attempt: 1 }
  const sessions = {
    initiator: new Session(suiteWith(), 'initiator', begun.split(), terms),
    responder: new Session(suiteWith(), 'responder', answered.handshake.split(), terms),
  }
  const derived = (use: 'sig' | 'relay' | 'bind') => ({
    [`${use}-i2r`]: hex(suiteWith().kdf(i2r, `${use}-i2r`, hash)),
    [`${use}-r2i`]: hex(suiteWith().kdf(r2i, `${use}-r2i`, hash)),
  })
  const described = {
    provider: admission.id,
    hs1: {
      ephemeralSecret: hex(ephemeralI),
      fields: describePayload(offer),
      padded: hex(encodeHandshakePayload(offer)),
      frame: hex(hs1),
    },
    hs2: {
      ephemeralSecret: hex(ephemeralR),
      fields: describePayload(answer),
      padded: hex(encodeHandshakePayload(answer)),
      frame: hex(hs2),
    },
    hash: hex(hash),
    session: hex(sessions.initiator.mark),
    split: { i2r: hex(i2r), r2i: hex(r2i) },
    keys: { ...derived('sig'), ...derived('relay'), ...derived('bind') },
  }
  return { hs1, sessions, secrets: { i2r, r2i, hash }, described }
}
type Shaken = ReturnType<typeof shakeHands>

const describeSetup = ({ sessions }: Shaken) => {
  const candidates = ['candidate:1 1 udp 1 127.0.0.1 9 typ host', 'candidate:2 1 udp 1 ::1 9 typ host'].map((text) =>
    concatBytes(Uint8Array.of(3, 0, 1, 0x30), encodeUtf8(text)),
  )
  const message = encodeSetupMessage({ kind: 'candidates', candidates })
  const fingerprints = {
    initiator: drawn('fingerprint of the initiator'),
    responder: drawn('fingerprint of the responder'),
  }
  const { initiator, responder } = fingerprints
  return {
    sig: {
      candidates: candidates.map(hex),
      message: hex(message),
      // The second of two frames, so that the counter is not zero.
      counters: [0, 1],
      frames: [0, 1].map(() => hex(sessions.initiator.sealSetup(message))),
      back: hex(sessions.responder.sealSetup(message)),
    },
    bind: {
      fingerprints: { initiator: hex(initiator), responder: hex(responder) },
      initiator: hex(sessions.initiator.writeBind({ local: initiator, remote: responder })),
      responder: hex(sessions.responder.writeBind({ local: responder, remote: initiator })),
    },
  }
}

const describeRefusal = (keys: Group, from: VectorMember, to: VectorMember, hs1: Uint8Array) => {
  const nonce = drawn('REFUSE: nonce', 24)
  const core = { suite: suiteWith(nonce), idBytes: from.id, options: { identity: from.identity, keys } }
  const admissions = new Admissions(core as unknown as Core)
  const about = admissions.markOf(hs1)
  const frame = admissions.write({ idBytes: to.id } as unknown as Peer, about)
  return { from: hex(from.id), to: hex(to.id), about: hex(about), nonce: hex(nonce), frame: hex(frame) }
}

const sign = ({ topic }: Group, { identity }: VectorMember, body: Uint8Array): Uint8Array =>
  concatBytes(body, suiteWith().sign(identity.secretKey, 'record', concatBytes(topic, body)))

const describeRecords = (keys: Group, member: VectorMember, neighbor: VectorMember) => {
  const profile = '{"name":"Ada"}'
  const addresses = ['wss://bots.example.org/a']
  const card: Card = {
    kind: 'card',
    certificate: member.certificate,
    profile: encodeUtf8(profile),
    addresses,
    capabilities: CAPABILITY.RELAY,
    maxLinks: 12,
    providers: keys.admissions.map(({ id }) => id),
  }
  const links: Links = { kind: 'links', gone: false, away: false, neighbors: [{ id: neighbor.id, rttClass: 24 }] }
  const goodbye: Links = { kind: 'links', gone: true, away: false, neighbors: [] }
  const record = (version: number, content: Card | Links): string =>
    hex(sign(keys, member, encodeRosterBody(member.id, version, content)))
  return {
    card: {
      version: 1,
      profile,
      addresses,
      capabilities: card.capabilities,
      maxLinks: card.maxLinks,
      providers: card.providers,
      record: record(1, card),
    },
    links: { version: 300, neighbors: [{ id: hex(neighbor.id), rttClass: 24 }], record: record(300, links) },
    goodbye: { version: 301, record: record(301, goodbye) },
  }
}

const describeRelay = ({ sessions }: Shaken, from: VectorMember, to: VectorMember) => {
  const writer = new PackWriter('sealed', 1_024)
  const chunk = { stream: 0, number: 1, offset: 0, first: true, text: true, end: false }
  const text = encodeUtf8('hello')
  writer.write({ type: 'ping', id: 1 })
  writer.write({ type: 'one', ...chunk, total: text.length, bytes: text, afterBroadcast: 0 })
  const records = writer.finish()
  const frames = [0, 1].map(() => hex(sessions.initiator.sealRelay(to.id, from.id, records)))
  return { from: hex(from.id), to: hex(to.id), text: 'hello', records: hex(records), counters: [0, 1], frames }
}

const describeSocket = (
  keys: Group,
  { sessions, secrets }: Shaken,
  members: { readonly initiator: VectorMember; readonly responder: VectorMember },
) => {
  const nonces = { initiator: drawn('GREET of the initiator', 24), responder: drawn('GREET of the responder', 24) }
  const helloOf = (role: 'initiator' | 'responder') =>
    sealHello(suiteWith(nonces[role]), keys, members[role].certificate)
  const hellos = { initiator: helloOf('initiator'), responder: helloOf('responder') }
  const key = (secret: Uint8Array, label: 'ws-i2r' | 'ws-r2i') =>
    hex(suiteWith().kdf(secret, label, secrets.hash, hellos.initiator, hellos.responder))
  const ends = {
    initiator: sessions.initiator.socketCipher(hellos),
    responder: sessions.responder.socketCipher(hellos),
  }
  const pack = new PackWriter('frame', 64)
  pack.write({ type: 'ping', id: 1 })
  const ping = pack.finish()
  const greet = (role: 'initiator' | 'responder') => ({
    nonce: hex(nonces[role]),
    frame: hex(encodeGreeting({ topic: keys.topic, hello: hellos[role] })),
  })
  return {
    greet: { initiator: greet('initiator'), responder: greet('responder') },
    keys: { 'ws-i2r': key(secrets.i2r, 'ws-i2r'), 'ws-r2i': key(secrets.r2i, 'ws-r2i') },
    attach: { initiator: hex(ends.initiator.writeAttach()), responder: hex(ends.responder.writeAttach()) },
    sealed: { pack: hex(ping), initiator: hex(ends.initiator.seal(ping)), responder: hex(ends.responder.seal(ping)) },
  }
}

const describeInvitation = (key: string, joining: VectorMember) => {
  const member = { static: drawn('INVITE: static'), ephemeral: drawn('INVITE: ephemeral') }
  const bot = { static: drawn('PROOF: static'), ephemeral: drawn('PROOF: ephemeral') }
  const seed = drawn('bot: identity')
  const identity: KeyPair = suiteWith(seed).identityKeys()
  const source = { sodium, random: given(member.static, member.ephemeral) }
  const invitation = new Invitation({ ...source, key, pin: identity.publicKey })
  const answer = new InvitationAnswer({ sodium, random: given(bot.static, bot.ephemeral), identity })
  const proof = answer.handleInvite(invitation.frame)
  const keyFrame = invitation.handleProof(proof)
  if (answer.handleKey(keyFrame) !== key) throw new Error('another key')
  const reply = answer.reply({ type: 'comes', member: joining.id })
  invitation.handleReply(reply)
  return {
    member: { staticSecret: hex(member.static), ephemeralSecret: hex(member.ephemeral) },
    bot: {
      identitySeed: hex(seed),
      identity: hex(identity.publicKey),
      staticSecret: hex(bot.static),
      ephemeralSecret: hex(bot.ephemeral),
      joinsAs: hex(joining.id),
    },
    invite: hex(invitation.frame),
    proof: hex(proof),
    key: hex(keyFrame),
    reply: hex(reply),
  }
}

/** The same at every call. */
export const createWireVectors = async () => {
  const { key, secret, providers, keys } = await createGroup()
  const pair = [createMember('Ada', keys), createMember('Bob', keys)].sort((a, b) => compareBytes(a.id, b.id))
  const [initiator, responder] = pair as [VectorMember, VectorMember]
  const shaken = shakeHands(keys, initiator, responder)
  return {
    comment: 'Written by `npm run vectors`. PROTOCOL.md says what each is; all bytes are in hexadecimal.',
    version: 1,
    group: {
      key,
      secret: hex(secret),
      topic: hex(keys.topic),
      helloKey: hex(keys.helloKey),
      groupId: keys.groupId,
      providers: providers.map(({ id, secret: own }, index) => ({
        id,
        secret: hex(own),
        psk: hex(keys.admissions[index]?.psk ?? new Uint8Array()),
      })),
    },
    initiator: describeMember(initiator, keys),
    responder: describeMember(responder, keys),
    handshake: shaken.described,
    ...describeSetup(shaken),
    refuse: describeRefusal(keys, responder, initiator, shaken.hs1),
    records: describeRecords(keys, initiator, responder),
    relay: describeRelay(shaken, initiator, responder),
    socket: describeSocket(keys, shaken, { initiator, responder }),
    invitation: describeInvitation(key, responder),
  }
}
