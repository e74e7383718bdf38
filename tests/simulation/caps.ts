import type { Member } from './member.js'
import type { World } from './world.js'

/** What a member may hold of each kind, whatever the others do. */
const caps = {
  controlBytes: 256 * 1024,
  forwardedBytes: 8 * 1024 * 1024,
  /** A window, and one piece that begins within it and ends beyond. */
  unacknowledgedBytes: 4 * 1024 * 1024 + 64 * 1024,
  /** Four of the largest messages. */
  reassemblyBytes: 4 * 64 * 1024 * 1024,
}
/** Of one member's, of channels, files and duplexes; and of all other kinds. */
export const streamsTaken = 256
const othersTaken = 32
/** A link in use, one that replaces it, and old ones that are kept for a while. */
const linksPerMember = 4

export const checkHoldings = (world: World, member: Member): void => {
  const held = member.engine.holdings()
  for (const [name, cap] of Object.entries(caps) as [keyof typeof caps, number][]) {
    if (held[name] > cap) world.fail('holds', `${member.name} holds ${held[name]} ${name}, of at most ${cap}`)
  }
  const others = world.members.length - 1 + world.counts.madeUp
  if (held.peers > others) world.fail('holds', `${member.name} knows ${held.peers} members of ${others}`)
  const streams = others * (member.streamsOpened + streamsTaken + othersTaken)
  if (held.streams > streams) world.fail('holds', `${member.name} holds ${held.streams} streams, of at most ${streams}`)
  const { pendingHandshakes } = member.engine.stats()
  if (pendingHandshakes > held.peers)
    world.fail('holds', `${member.name} holds ${pendingHandshakes} handshakes with ${held.peers} members`)
  if (held.links > linksPerMember * others)
    world.fail('holds', `${member.name} holds ${held.links} links to ${others} members`)
}

/** Steps a second that a member of a group in which nothing happens may take: pings, and tries to link to the others. */
const idleSteps = { own: 20, perOther: 10 }

/** Nothing happens; whoever is busy all the same has a deadline that it never meets. */
export const checkIdle = (world: World, forMs: number): void => {
  const before = world.running().map((member) => ({ member, steps: member.steps }))
  world.run(forMs)
  for (const { member, steps } of before) {
    const most = (idleSteps.own + idleSteps.perOther * member.here.length) * (forMs / 1000)
    const taken = member.steps - steps
    if (taken > most) world.fail('busy', `${member.name} took ${taken} steps in ${forMs} ms in which nothing happened`)
  }
}
