/** Two engines in this process that send each other small messages, acknowledgements included, without cryptography. */
import { deriveGroupKeys } from '../../../sdk/crypto/index.js'
import { createNullSuite } from '../../support/null-suite.js'
import { Net } from './engines.js'

const MESSAGE_BYTES = 64
/** Sent in one task, as an application does that does not await each. */
const BATCH = 500
const WARM_UP_MS = 1_000
const MEASURED_MS = 3_000

const random = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size))
const suite = createNullSuite(random)
const net = new Net(suite, deriveGroupKeys(suite, random(32), [{ id: 'anonymous' }]))
const [ada, bob] = [net.add(), net.add()]
net.run(30_000, () => ada.engine.neighbors().length === 1 && bob.engine.neighbors().length === 1)
if (ada.engine.neighbors().length !== 1) throw new Error('the two do not see each other')

let submission = 0
/** Both ways, and every message acknowledged before the next task. Answers how many were delivered. */
const work = (forMs: number): number => {
  const before = ada.delivered + bob.delivered
  const untilMs = performance.now() + forMs
  while (performance.now() < untilMs) {
    for (let i = 0; i < BATCH; i++) {
      for (const [from, to] of [
        [ada, bob],
        [bob, ada],
      ] as const) {
        const bytes = new Uint8Array(MESSAGE_BYTES)
        from.step({ type: 'submit', submission: ++submission, to: to.engine.id, kind: 'binary', bytes })
      }
    }
    net.run(30)
  }
  return ada.delivered + bob.delivered - before
}

work(WARM_UP_MS)
const beganMs = performance.now()
const delivered = work(MEASURED_MS)
const spentMs = performance.now() - beganMs
if (ada.admitted + bob.admitted !== submission || ada.delivered + bob.delivered !== submission) {
  throw new Error('something was lost')
}
console.log(`engine ${JSON.stringify({ perSecond: (delivered / spentMs) * 1_000 })}`)
