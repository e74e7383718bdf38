import type { Peer } from 'skein'
import type { LinkReports } from '../link-reports.js'
import type { Person } from '../../shared/people.js'

export interface GraphNode {
  readonly person: Person
  readonly isMe: boolean
  readonly isReachable: boolean
}

export interface GraphLink {
  readonly a: string
  readonly b: string
  readonly isMine: boolean
}

/** How I reach a member that I have no link to: through these, nearest first. */
export interface GraphPath {
  readonly to: string
  readonly via: readonly string[]
}

export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly links: readonly GraphLink[]
  readonly paths: readonly GraphPath[]
}

/** What I know of the mesh: my own links at first hand, those among others as they report them. */
export const createGraph = (
  me: Person,
  peers: readonly Pick<Peer, 'id' | 'path' | 'via'>[],
  personOf: (id: string) => Person,
  reports: Pick<LinkReports, 'areLinked'>,
): Graph => {
  const links: GraphLink[] = peers
    .filter(({ path }) => path === 'direct')
    .map(({ id }) => ({ a: me.id, b: id, isMine: true }))
  peers.forEach(({ id: a }, index) => {
    for (const { id: b } of peers.slice(index + 1)) if (reports.areLinked(a, b)) links.push({ a, b, isMine: false })
  })
  return {
    nodes: [
      { person: me, isMe: true, isReachable: true },
      ...peers.map(({ id, path }) => ({ person: personOf(id), isMe: false, isReachable: path !== 'none' })),
    ],
    links,
    paths: peers.flatMap(({ id, path, via }) => (path === 'relayed' ? [{ to: id, via }] : [])),
  }
}

/** The members that something from one to the other passes, both ends included; straight across if that is unknown. */
export const wayBetween = (graph: Graph, from: string, to: string): string[] => {
  const me = graph.nodes.find(({ isMe }) => isMe)?.person.id
  const path = graph.paths.find((one) => one.to === (from === me ? to : from))
  const via = path?.via ?? []
  return from === me ? [from, ...via, to] : [from, ...via.toReversed(), to]
}

const count = (number: number, one: string, many: string): string =>
  `${number === 1 ? 'one' : number} ${number === 1 ? one : many}`

/** The picture for those who do not see it. */
export const graphInWords = ({ nodes, links, paths }: Graph, nameById: (id: string) => string): string => {
  if (nodes.length < 2) return 'Picture of the mesh: only you so far'
  const relayed = paths.map(({ to, via }) => `${nameById(to)} is reached through ${via.map(nameById).join(', then ')}`)
  const size = `${count(nodes.length, 'member', 'members')}, ${count(links.length, 'link', 'links')}`
  return [`Picture of the mesh: ${size}`, ...relayed].join('. ')
}
