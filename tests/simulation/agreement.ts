import type { Member } from './member.js'
import type { World } from './world.js'

/**
 * What is not yet as it must be once faults have stopped, or `null`: members that a chain of possible links joins show
 * each other, are directly linked where they can be, relayed where they cannot, and agree on both.
 */
export const disagreement = (world: World): string | null => {
  const running = world.running()
  for (const member of running) {
    const reachable = component(world, running, member)
    if (reachable.size > 1 && !member.joined) return `${member.name} has not joined`
    if (member.options.server && member.signaling !== 'open')
      return `${member.name} has no signaling: ${member.signaling}`
    const here = member.here.map((id) => world.memberById(id)?.name ?? id)
    const due = [...reachable].filter((other) => other !== member).map((other) => other.name)
    if ([...here].sort().join() !== [...due].sort().join()) {
      return `${member.name} shows ${here.sort().join() || 'nobody'} instead of ${due.sort().join() || 'nobody'}`
    }
    const neighbors = member.engine.neighbors()
    for (const other of reachable) {
      if (other === member) continue
      const linked = neighbors.includes(other.id)
      if (linked !== other.engine.neighbors().includes(member.id)) {
        return `${member.name} ${linked ? 'has' : 'lacks'} ${other.name} as a neighbor, unlike the other way`
      }
      const path = member.engine.peer(other.id)?.path.kind
      const due = canLink(world, member, other) ? 'direct' : 'relayed'
      if (path !== due) return `the path from ${member.name} to ${other.name} is ${String(path)} instead of ${due}`
    }
  }
  return null
}

/** The members that links could join to this one. */
const component = (world: World, running: readonly Member[], from: Member): Set<Member> => {
  const found = new Set([from])
  for (const member of found) {
    // A member that does not relay joins nobody to others.
    if (member !== from && !member.options.relay) continue
    for (const other of running) if (canMeet(world, member, other)) found.add(other)
  }
  return found
}

/** Two that could link have to hear of each other first: by the server, or by a link that they have. */
const canMeet = (world: World, a: Member, b: Member): boolean =>
  canLink(world, a, b) && ((a.options.server && b.options.server) || world.network.openLink(a.place, b.place) !== null)

/** Channels where they are possible, and sockets where they are. */
const canLink = (world: World, a: Member, b: Member): boolean =>
  world.network.canConnect(a.place, b.place) || world.network.hasSocket(a.place, b.place)
