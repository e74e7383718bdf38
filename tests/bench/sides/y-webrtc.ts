import { startYWebrtcServer } from '../servers/start.js'
import { numberedRoom, type Side } from './side.js'

const tooLarge = 'loses updates that are larger than one message of the channel (256 KiB)'
const noNode = 'run in pages only'

export const yWebrtc: Side = {
  name: 'y-webrtc',
  title: 'y-webrtc',
  startServer: startYWebrtcServer,
  createRoom: numberedRoom,
  weight: { kind: 'packages', names: ['y-webrtc', 'yjs'] },
  cannot: {
    ...Object.fromEntries(
      ['bulk', 'one-message', 'heap', 'file', 'file-heap', 'many-files', 'urgent'].map((figure) => [figure, tooLarge]),
    ),
    ...Object.fromEntries(
      ['page-to-node', 'file-to-node', 'file-heap-node', 'node-mesh'].map((figure) => [figure, noNode]),
    ),
  },
}
