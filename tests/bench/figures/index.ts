import { broadcast } from './broadcast.js'
import { bulk } from './bulk.js'
import { engine } from './engine.js'
import { failover } from './failover.js'
import type { Figure } from './figure.js'
import { gone } from './gone.js'
import { handshake } from './handshake.js'
import { heap } from './heap.js'
import { join } from './join.js'
import { mesh } from './mesh.js'
import { nodeMesh } from './node-mesh.js'
import { oneMessage } from './one-message.js'
import { pageToNode } from './page-to-node.js'
import { relay } from './relay.js'
import { rosterMemory } from './roster-memory.js'
import { rtt } from './rtt.js'
import { signaling } from './signaling.js'
import { size } from './size.js'
import { small } from './small.js'

export const figures: readonly Figure[] = [
  join,
  mesh,
  bulk,
  oneMessage,
  pageToNode,
  small,
  broadcast,
  rtt,
  signaling,
  heap,
  gone,
  size,
  nodeMesh,
  handshake,
  relay,
  engine,
  rosterMemory,
  failover,
]
