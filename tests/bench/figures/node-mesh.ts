import { measureIn, typescript } from '../servers/start.js'
import type { Side } from '../sides/side.js'
import type { World } from '../world.js'
import type { Figure, Reading } from './figure.js'

interface Linked {
  readonly ms: number
  readonly mib: number
}

/** Or why not: the engine ends its process when there are no more file descriptors. */
const linkAll = async (side: Side, world: World, members: number): Promise<Linked | string> => {
  const args = ['--expose-gc', ...typescript('node/mesh.ts'), side.name, String(members), await world.signalingOf(side)]
  try {
    return await measureIn<Linked>('linked', args)
  } catch {
    return `${members} members: the process ended, or took over a minute`
  }
}

/** All members in one process of Node, over @roamhq/wrtc; for simple-peer as many pairs, 16 set-ups at a time. */
export const nodeMesh: Figure = {
  id: 'node-mesh',
  rows: [16, 32].flatMap((members) => [
    {
      id: `node-mesh-${members}`,
      title: `${members} members in one process of Node`,
      unit: 's',
      better: 'less',
      reference: 'simple-peer',
      goal: members === 16 ? ({ of: 'ratio', limit: 1.3 } as const) : ({ of: 'value', limit: 6.5 } as const),
    } as const,
    {
      id: `node-mesh-mib-${members}`,
      title: `memory of ${members} members in Node`,
      unit: 'MiB',
      better: 'less',
      reference: 'simple-peer',
    } as const,
  ]),
  run: async (side, world) => {
    const readings: Record<string, Reading> = {}
    for (const members of [16, 32]) {
      const linked = await linkAll(side, world, members)
      readings[`node-mesh-${members}`] = typeof linked === 'string' ? linked : linked.ms / 1000
      readings[`node-mesh-mib-${members}`] = typeof linked === 'string' ? linked : linked.mib
    }
    return readings
  },
}
