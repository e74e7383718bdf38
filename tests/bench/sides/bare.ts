import { startRelay } from '../servers/start.js'
import { numberedRoom, type Side } from './side.js'

export const bare: Side = {
  name: 'bare',
  title: 'bare channel',
  startServer: startRelay,
  createRoom: numberedRoom,
  weight: { kind: 'nothing' },
  cannot: { 'node-mesh': 'simple-peer alone is the reference there' },
}
