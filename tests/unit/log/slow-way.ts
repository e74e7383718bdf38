import type { LogPeer } from '../../../sdk/log/replication/peer.js'
import type { LogPort } from '../../../sdk/log/replication/port.js'
import { concatBytes } from '../../../sdk/util/bytes.js'
import type { Replica, TestTime } from './replication-world.js'

const TICK_MS = 50

/** Whatever can run without time passing. */
const settled = async (): Promise<void> => {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Joins two, of whom the first's bytes take their time: so many a second go, behind a buffer that takes as many before its writer has to
 * wait. What the other one says is there at once.
 */
export const createSlowWay = (
  from: Replica,
  to: Replica,
  time: TestTime,
  { rate, buffer }: { readonly rate: number; readonly buffer: number },
): { readonly pass: (ms: number) => Promise<void>; readonly buffered: () => number } => {
  const queue: Uint8Array[] = []
  let [buffered, budget] = [0, 0]
  const waiting: (() => void)[] = []
  const port = (peerId: string, isFirst: boolean, send: LogPort['send']): LogPort => ({
    peerId,
    binding: new Uint8Array(32),
    isFirst,
    path: () => 'direct',
    send,
    close: () => undefined,
  })
  const peers: { from?: LogPeer; to?: LogPeer } = {}
  let last = Promise.resolve()
  const write = async (...parts: readonly Uint8Array[]): Promise<void> => {
    const frame = concatBytes(...parts)
    queue.push(frame)
    buffered += frame.length
    while (buffered > buffer) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  peers.from = from.swarm.connect(port(to.name, true, write))
  peers.to = to.swarm.connect(
    port(from.name, false, (...frame) => (last = last.then(() => peers.from?.handle(concatBytes(...frame))))),
  )
  return {
    buffered: () => buffered,
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += TICK_MS) {
        budget = Math.min(budget, rate) + (rate * TICK_MS) / 1_000
        for (let [next] = queue; next !== undefined && budget >= next.length; [next] = queue) {
          queue.shift()
          budget -= next.length
          buffered -= next.length
          await peers.to?.handle(next)
          for (const resolve of waiting.splice(0)) resolve()
          await settled()
        }
        if (queue.length === 0) budget = 0
        await settled()
        time.pass(TICK_MS)
      }
    },
  }
}
