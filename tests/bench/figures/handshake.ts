import { measureIn, typescript } from '../servers/start.js'
import type { Figure } from './figure.js'

interface Measured {
  readonly initiatorMs: number
  readonly responderMs: number
  readonly hs1Bytes: number
  readonly hs2Bytes: number
}

/**
 * What two members compute for a session, each, in Node: keys, the two messages, certificates and what is derived. The
 * bytes are those that the messages take beside session descriptions, before padding.
 */
export const handshake: Figure = {
  id: 'handshake',
  rows: [
    ...(['initiator', 'responder'] as const).map(
      (role) =>
        ({
          id: `handshake-${role}`,
          title: `handshake, ${role}`,
          unit: 'ms',
          better: 'less',
          goal: { of: 'value', limit: 2 },
        }) as const,
    ),
    ...(['hs1', 'hs2'] as const).map(
      (message) =>
        ({
          id: `handshake-${message}`,
          title: `handshake, ${message.toUpperCase()}`,
          unit: 'bytes',
          better: 'less',
          goal: { of: 'value', limit: 352 },
        }) as const,
    ),
  ],
  run: async (side) => {
    if (side.name !== 'skein') return ownHandshake
    const found = await measureIn<Measured>('handshake', typescript('node/handshake.ts'))
    return {
      'handshake-initiator': found.initiatorMs,
      'handshake-responder': found.responderMs,
      'handshake-hs1': found.hs1Bytes,
      'handshake-hs2': found.hs2Bytes,
    }
  },
}

const none = 'has no handshake but that of DTLS'
const ownHandshake = {
  'handshake-initiator': none,
  'handshake-responder': none,
  'handshake-hs1': none,
  'handshake-hs2': none,
}
