import { FRAME } from '../../sdk/protocol/codes.js'
import { decodeServerFrame, encodeServerFrame } from '../../sdk/protocol/server-frames.js'
import type { VerifiedCertificate } from '../../sdk/mesh/session/certificates.js'
import { beginHandshake, writeHandshake } from '../../sdk/mesh/session/handshake.js'
import { openHello } from '../../sdk/mesh/session/hello.js'
import { Random } from '../support/random.js'
import { relayWindow, repeatRelayed, repeatSignals, setupWindow } from './adversary-replay.js'
import { disagreement } from './agreement.js'
import { makeCalmWorld } from './calm-world.js'
import type { Member } from './member.js'
import type { World } from './world.js'

const meet = (world: World, count: number): readonly Member[] => {
  const members = Array.from({ length: count }, (_, place) => world.join(place))
  settle(world)
  return members
}

const settle = (world: World): void => {
  world.runUntil(() => disagreement(world) === null, 30_000)
  const left = disagreement(world)
  if (left !== null) world.fail('agreement', left)
}

/** One that relays between two others writes every frame again, until the windows of both have long moved. */
export const replayAtWindowEnd = (): void => {
  const world = makeCalmWorld('replays at the end of the window')
  world.network.pair(0, 1).reach = 'refused'
  world.tampers.set(2, () => repeatRelayed({ random: new Random('replays'), chance: 1, bytesLeft: Infinity }))
  const [a, b] = meet(world, 3) as [Member, Member, Member]
  for (let count = 0; count < relayWindow + 100; count++) {
    world.send(a, b, 10)
    world.run(1)
  }
  world.run(2_000)
  settle(world)
  if (world.ledger.missingCount() > 0) world.fail('lost', world.ledger.missing().join())
}

/** The server brings every candidate again, and there are more of them than a window takes. */
export const replaySetups = (): void => {
  const world = makeCalmWorld('replays of candidates', { delayMs: 400, candidates: setupWindow + 30 })
  world.server.tamper = repeatSignals({ random: new Random('replays'), chance: 1, bytesLeft: Infinity })
  meet(world, 2)
  world.run(2_000)
  settle(world)
}

/** Whoever has the group's key begins a handshake with a key of its own, and shows the certificate of another member. */
export const stealCertificate = (): void => {
  const world = makeCalmWorld('stolen certificate')
  const certificates = new Map<string, VerifiedCertificate>()
  const forged: { readonly to: string; readonly frame: Uint8Array }[] = []
  world.server.tamper = (frame, socket) => {
    for (const hello of hellosIn(frame)) {
      const certificate = openHello(world.suite, world.keys, hello)?.certificate
      if (certificate) certificates.set(certificate.member, certificate)
    }
    const at = forged.findIndex(({ to }) => to === socket.name)
    return forged.splice(at, at < 0 ? 0 : 1).map((one) => one.frame)
  }
  const members = [...meet(world, 2)].sort((a, b) => (a.id < b.id ? -1 : 1))
  const certificateOf = (member: Member): VerifiedCertificate =>
    certificates.get(member.id) ?? world.fail('introduced', `nobody was introduced to ${member.name}`)
  // The smaller id begins; the order of texts is not that of bytes, so both are tried.
  for (const [from, to] of [members, [...members].reverse()] as [Member, Member][]) {
    forged.push({ to: to.name, frame: forgedOffer(world, certificateOf(from), certificateOf(to)) })
  }
  world.join(2)
  world.run(5_000)
  if (forged.length > 0) world.fail('untried', 'the server had nothing to say to a member')
  settle(world)
}

const hellosIn = (bytes: Uint8Array): readonly Uint8Array[] => {
  const frame = decodeServerFrame(bytes)
  if (frame.type === 'introduced') return [frame.hello]
  return 'introductions' in frame ? frame.introductions.map(({ hello }) => hello) : []
}

const forgedOffer = (world: World, stolen: VerifiedCertificate, to: VerifiedCertificate): Uint8Array => {
  const { topic, admissions } = world.keys
  const psk = admissions[0]?.psk ?? world.fail('keys', 'there is no way in')
  const handshake = beginHandshake(world.suite, { topic, psk }, world.suite.sessionKeys(), to.session)
  const payload = writeHandshake(handshake, FRAME.HS1, {
    certificate: stolen.bytes,
    attempt: 1_000,
    epoch: 0,
    fresh: true,
    firstBroadcast: 1,
    firstPrivate: 1,
    description: null,
  })
  return encodeServerFrame({ type: 'signal', connection: world.suite.random(16), payload })
}
