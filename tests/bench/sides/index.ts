import { bare } from './bare.js'
import { peerJs } from './peerjs.js'
import type { Side } from './side.js'
import { simplePeer } from './simple-peer.js'
import { skein } from './skein.js'
import { hypercore, indexedDb, opfs } from './stores.js'
import { trystero } from './trystero.js'
import { yWebrtc } from './y-webrtc.js'

/** In the order of the table: what everything is measured against, the peers, what keeps blocks, and skein. */
export const sides: readonly Side[] = [bare, simplePeer, trystero, peerJs, yWebrtc, indexedDb, opfs, hypercore, skein]
