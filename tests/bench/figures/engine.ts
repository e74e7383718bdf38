import { measureIn, typescript } from '../servers/start.js'
import type { Figure } from './figure.js'

/** Two engines in one process of Node, linked in memory, without cryptography: small messages both ways, acknowledged. */
export const engine: Figure = {
  id: 'engine',
  rows: [
    {
      id: 'engine',
      title: 'engine alone, 64-byte messages, one core',
      unit: 'messages/s',
      better: 'more',
      goal: { of: 'value', limit: 300_000 },
    },
  ],
  run: async (side) => {
    if (side.name !== 'skein') return { engine: 'has no engine of its own' }
    const { perSecond } = await measureIn<{ readonly perSecond: number }>('engine', typescript('node/engine.ts'))
    return { engine: perSecond }
  },
}
