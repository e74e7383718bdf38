import { broadcast } from './broadcast.js'
import { bulk } from './bulk.js'
import { engine } from './engine.js'
import { failover } from './failover.js'
import type { Figure } from './figure.js'
import { file, fileHeap, fileHeapNode, fileToNode } from './file.js'
import { gone } from './gone.js'
import { handshake } from './handshake.js'
import { heap } from './heap.js'
import { join } from './join.js'
import { logsAppend } from './logs-append.js'
import { logsNode } from './logs-node.js'
import { logsOpen } from './logs-open.js'
import { logsRead } from './logs-read.js'
import { logsReplicate } from './logs-replicate.js'
import { manyFiles } from './many-files.js'
import { media } from './media.js'
import { mediaHeap } from './media-heap.js'
import { mesh } from './mesh.js'
import { nodeMesh } from './node-mesh.js'
import { oneMessage } from './one-message.js'
import { pageToNode } from './page-to-node.js'
import { relay } from './relay.js'
import { requests } from './requests.js'
import { rosterMemory } from './roster-memory.js'
import { rtt } from './rtt.js'
import { signaling } from './signaling.js'
import { size } from './size.js'
import { small } from './small.js'
import { updates } from './updates.js'
import { urgent } from './urgent.js'

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
  file,
  fileToNode,
  fileHeap,
  fileHeapNode,
  urgent,
  manyFiles,
  updates,
  requests,
  media,
  mediaHeap,
  logsAppend,
  logsRead,
  logsReplicate,
  logsNode,
  logsOpen,
]
