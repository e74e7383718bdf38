import { measureIn, typescript } from '../servers/start.js'
import type { Figure } from './figure.js'

/** What one engine in Node holds for each of 199 others, collected: records, session, and whatever else it keeps. */
export const rosterMemory: Figure = {
  id: 'roster-memory',
  rows: [
    {
      id: 'roster-memory',
      title: 'memory for each of 199 others, 12 of them linked',
      unit: 'bytes',
      better: 'less',
      goal: { of: 'value', limit: 4_096 },
    },
  ],
  maxRounds: 1,
  run: async (side) => {
    if (side.name !== 'skein') return { 'roster-memory': 'keeps no roster' }
    const script = ['--expose-gc', ...typescript('node/roster-memory.ts')]
    const { bytes } = await measureIn<{ readonly bytes: number }>('roster-memory', script)
    return { 'roster-memory': bytes }
  },
}
