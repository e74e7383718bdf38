import { numberedRoom, type Side, type SideName } from './side.js'

/** What keeps blocks on one device: it has no part in figures where anybody meets. */
const store = (name: SideName, title: string): Side => ({
  name,
  title,
  keeps: true,
  startServer: () => Promise.reject(new Error(`${title} has no server`)),
  createRoom: numberedRoom,
  weight: { kind: 'nothing' },
})

export const indexedDb = store('indexeddb', 'IndexedDB')
export const opfs = store('opfs', 'OPFS')
export const hypercore = store('hypercore', 'hypercore')
