import { startRelay } from '../servers/start.js'
import { numberedRoom, type Side } from './side.js'

export const simplePeer: Side = {
  name: 'simple-peer',
  title: 'simple-peer',
  startServer: startRelay,
  createRoom: numberedRoom,
  weight: { kind: 'packages', names: ['simple-peer/simplepeer.min.js'] },
}
