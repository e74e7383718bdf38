import { measureIn, typescript } from '../servers/start.js'
import type { Figure } from './figure.js'

interface Measured {
  readonly sealed: number
  readonly unsealed: number
}

/** From one member to another by way of a third, over real links in one process of Node; and what sealing takes of it. */
export const relay: Figure = {
  id: 'relay',
  rows: [
    { id: 'relay', title: '1 KiB messages over a relay', unit: '/s', better: 'more' },
    {
      id: 'relay-sealing',
      title: 'the same, of the rate without sealing',
      unit: 'x',
      better: 'more',
      goal: { of: 'value', limit: 0.5 },
    },
  ],
  run: async (side) => {
    if (side.name !== 'skein') return { relay: none, 'relay-sealing': none }
    const found = await measureIn<Measured>('relay', typescript('node/relay.ts'))
    return { relay: found.sealed, 'relay-sealing': found.sealed / found.unsealed }
  },
}

const none = 'relays nothing'
