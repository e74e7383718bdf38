/** A full mesh in this process, from nothing to the last link: `mesh.ts <side> <members> <signaling>`. */
import { linkSimplePeers } from './simple-peer-mesh.js'
import { linkSkein } from './skein-mesh.js'

const [side = '', members = '0', signaling = ''] = process.argv.slice(2)
const count = Number(members)
const link = side === 'skein' ? await linkSkein(signaling) : await linkSimplePeers()

global.gc?.()
const rssBefore = process.memoryUsage().rss
const beganMs = performance.now()
await link(count)
const ms = performance.now() - beganMs
const mib = (process.memoryUsage().rss - rssBefore) / 2 ** 20
console.log(`linked ${JSON.stringify({ ms, mib })}`)
// What is linked has nobody to close it.
process.exit()
