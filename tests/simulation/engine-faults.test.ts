import { afterEach, describe, expect, it, vi } from 'vitest'
import { engineFaults, type EngineFault } from './engine-faults.js'
import { planted } from './planted.js'
import { drawPlan } from './plan.js'
import { runPlan } from './scenario.js'
import { ruleBrokenIn } from './shrink.js'

const seeds = 300

vi.mock('../../sdk/mesh/core.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/engine.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/pace.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/liveness/liveness.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/roster/gossip.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/roster/roster.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/setup/server-connection.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/datagrams.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/inbox.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/incoming.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/outbox.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/outgoing.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/pair-streams.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/reassembly.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/receipt.js', (genuine) => swap(genuine))
vi.mock('../../sdk/mesh/stream/streams.js', (genuine) => swap(genuine))
vi.mock('../../sdk/protocol/limits.js', (genuine) => swap(genuine))
vi.mock('../../sdk/protocol/relay-frames.js', (genuine) => swap(genuine))
vi.mock('../../sdk/protocol/roster-record.js', (genuine) => swap(genuine))

/** In place before anything imports the engine. */
const { swap } = vi.hoisted(() => ({
  swap: async (importGenuine: () => Promise<unknown>): Promise<object> => {
    const { swappable } = await import('./planted.js')
    return swappable((await importGenuine()) as object)
  },
}))

/** The worlds that may show a fault, in order. */
const worldsOf = ({ world }: EngineFault): (() => void)[] => {
  if (world !== undefined) return [world]
  return Array.from({ length: seeds }, (_, index) => () => {
    runPlan(drawPlan(index + 1, { adversary: null, isGenuine: false }))
  })
}

describe('a planted fault', () => {
  afterEach(() => {
    planted.fault = {}
  })

  it.each(engineFaults)('$name: shows as one of $rules, and without it the same world stands', (fault) => {
    const worlds = worldsOf(fault)
    planted.fault = { swaps: fault.plant() }
    let shown: string | null = null
    let tried = 0
    while (shown === null && tried < worlds.length) shown = ruleBrokenIn(worlds[tried++] as () => void)
    expect(fault.rules).toContain(shown)
    planted.fault = {}
    expect(ruleBrokenIn(worlds[tried - 1] as () => void)).toBeNull()
  })
})
