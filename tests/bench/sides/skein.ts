import { WebGroup } from 'skein'
import { startSkeinSignaling } from '../servers/start.js'
import type { Side } from './side.js'

export const skein: Side = {
  name: 'skein',
  title: 'skein',
  startServer: startSkeinSignaling,
  createRoom: () => WebGroup.generateKey(),
  weight: { kind: 'built', entry: 'dist/browser/index.js', all: 'dist/skein.global.js' },
}
