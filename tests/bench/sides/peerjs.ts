import { startPeerJsServer } from '../servers/start.js'
import { numberedRoom, type Side } from './side.js'

const noNode = 'does not run in Node'

export const peerJs: Side = {
  name: 'peerjs',
  title: 'PeerJS',
  startServer: startPeerJsServer,
  createRoom: numberedRoom,
  weight: { kind: 'packages', names: ['peerjs'] },
  cannot: { 'page-to-node': noNode, 'file-to-node': noNode, 'file-heap-node': noNode, 'node-mesh': noNode },
}
