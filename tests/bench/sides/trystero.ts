import { startTopics } from '../servers/start.js'
import { numberedRoom, type Side } from './side.js'

const noNode = 'run in pages only'

export const trystero: Side = {
  name: 'trystero',
  title: 'Trystero',
  startServer: startTopics,
  createRoom: numberedRoom,
  weight: { kind: 'packages', names: ['@trystero-p2p/core'] },
  cannot: { 'page-to-node': noNode, 'file-to-node': noNode, 'file-heap-node': noNode, 'node-mesh': noNode },
}
