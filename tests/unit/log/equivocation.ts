/**
 * A writer that signs two histories and shows each reader one of them; then the two meet. In virtual time, over links with delays:
 * how long it takes until both know, from the moment that they are joined.
 */
import { Core } from '../../../sdk/log/core.js'
import { writerEntry } from '../../../sdk/log/layout.js'
import { createTreeHash, loadSodium, logKeysOf, type Sodium } from '../../../sdk/crypto/index.js'
import type { LogPort, Timing } from '../../../sdk/log/replication/port.js'
import { LogSwarm } from '../../../sdk/log/replication/swarm.js'
import type { LogPeer } from '../../../sdk/log/replication/peer.js'
import { provesFork } from '../../../sdk/log/forks.js'
import { MemoryPlace } from '../../../sdk/platform/block-storage.memory.js'
import { encodeLogWriter } from '../../../sdk/protocol/log-writer.js'
import { concatBytes, encodeUtf8 } from '../../../sdk/util/bytes.js'
import { Random } from '../../support/random.js'

/** Runs what is due in order, and in between whatever that leads to without a timer. */
class VirtualTime implements Timing {
  #now = 0
  #next = 0
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>()

  now(): number {
    return this.#now
  }

  setTimer(ms: number, run: () => void): () => void {
    const id = this.#next++
    this.#timers.set(id, { at: this.#now + ms, run })
    return () => this.#timers.delete(id)
  }

  /** Until that is so, or so much time has passed; whether it is. */
  async run(isOver: () => boolean, withinMs: number): Promise<boolean> {
    const end = this.#now + withinMs
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      if (isOver()) return true
      const [first] = [...this.#timers].sort(([one, a], [other, b]) => a.at - b.at || one - other)
      if (first === undefined || first[1].at > end) return false
      this.#timers.delete(first[0])
      this.#now = Math.max(this.#now, first[1].at)
      first[1].run()
    }
  }
}

interface Device {
  readonly name: string
  readonly core: Core
  readonly swarm: LogSwarm
}

/** How much of its history a reader has when it meets the other, and whether who showed it that is still there. */
type Manner = 'whole, its writer gone' | 'whole' | 'some blocks' | 'still coming' | 'the head alone'

export interface Outcome {
  /** What was drawn, to be read. */
  readonly what: string
  /** Until both had evidence; `null` when they had not after two seconds. */
  readonly tookMs: number | null
  readonly violations: readonly string[]
  readonly isProved: boolean
}

const LIMIT_MS = 2_000
const MOST = 140

class World {
  readonly time = new VirtualTime()
  readonly violations: string[] = []
  readonly #random: Random
  readonly #sodium: Sodium
  readonly #devices: Device[] = []
  readonly #keys
  readonly #slowestMs: number

  constructor(random: Random, sodium: Sodium) {
    this.#random = random
    this.#sodium = sodium
    this.#keys = logKeysOf(sodium, random.bytes(32))
    this.#slowestMs = random.pick([2, 50, 200])
  }

  async device(name: string, isWriter: boolean): Promise<Device> {
    const [sodium, hash, storage] = [this.#sodium, createTreeHash(this.#sodium), new MemoryPlace().open()]
    const writer = isWriter ? { keys: this.#keys, lock: null } : null
    if (isWriter) {
      const value = encodeLogWriter({ seed: this.#keys.secretKey.slice(0, 32), lock: null, isRestored: false })
      await storage.write([{ key: writerEntry(this.#keys.publicKey), value }], { durability: 'strict' })
    }
    const core = await Core.open({ storage, sodium, hash, logKey: this.#keys.publicKey, writer })
    const violated = (peerId: string, { message }: Error): void => {
      this.violations.push(`${name} of ${peerId}: ${message}`)
    }
    const device = { name, core, swarm: new LogSwarm({ core, timing: this.time, violated }) }
    this.#devices.push(device)
    return device
  }

  /** A history of `size` blocks, of which the first `shared` are those of every other one. */
  async history(name: string, shared: number, size: number): Promise<Device> {
    const device = await this.device(name, true)
    const parts = [
      Array.from({ length: shared }, (_, at) => `shared ${at}`),
      Array.from({ length: size - shared }, (_, at) => `${name} ${at}`),
    ]
    for (const part of parts) {
      const blocks = part.map(encodeUtf8)
      if (blocks.length > 0)
        await new Promise((resolve, reject) => device.core.append({ blocks, cipher: null, resolve, reject }))
    }
    return device
  }

  /** The result cuts it. */
  join(one: Device, other: Device): () => void {
    let isOpen = true
    const peers: LogPeer[] = []
    const delays = [this.#random.between(1, this.#slowestMs), this.#random.between(1, this.#slowestMs)]
    const close = (): void => {
      if (!isOpen) return
      isOpen = false
      for (const peer of peers) peer.close()
    }
    const port = (side: 0 | 1): LogPort => {
      let last: Promise<void> = Promise.resolve()
      return {
        peerId: side === 0 ? other.name : one.name,
        binding: new Uint8Array(32),
        isFirst: side === 0,
        path: () => 'direct',
        send: (...frame) => {
          const arrived = new Promise<void>((resolve) => this.time.setTimer(delays[side] as number, resolve))
          // In order, each once the one before it was taken.
          last = Promise.all([last, arrived]).then(() =>
            isOpen ? peers[1 - side]?.handle(concatBytes(...frame)) : undefined,
          )
          return Promise.resolve()
        },
        close,
      }
    }
    peers.push(one.swarm.connect(port(0)))
    peers.push(other.swarm.connect(port(1)))
    return close
  }

  async reader(writer: Device, manner: Manner): Promise<Device> {
    const reader = await this.device(`reader of ${writer.name}`, false)
    const { size } = writer.core.state
    const cut = this.join(writer, reader)
    const hasHead = (): boolean => reader.core.state.size === size
    const count = (): number => reader.core.state.presence.count(size)
    if (manner === 'some blocks') {
      const never = new AbortController().signal
      const blocks = Array.from({ length: this.#random.integer(1, 4) }, () => this.#random.integer(0, size - 1))
      for (const block of blocks) void reader.core.waits.until(block, never).catch(() => undefined)
      await this.time.run(() => hasHead() && count() === new Set(blocks).size, 60_000)
    } else if (manner === 'the head alone' || manner === 'still coming') {
      await this.time.run(hasHead, 60_000)
      if (manner === 'still coming') reader.swarm.wantAll()
    } else {
      reader.swarm.wantAll()
      await this.time.run(() => hasHead() && count() === size, 60_000)
    }
    if (manner === 'whole, its writer gone') cut()
    return reader
  }

  close(): void {
    for (const { swarm } of this.#devices) swarm.close(new Error('the run is over'))
  }
}

const manners: readonly Manner[] = ['whole, its writer gone', 'whole', 'some blocks', 'still coming', 'the head alone']

export const equivocate = async (seed: string): Promise<Outcome> => {
  const random = new Random(seed)
  const sodium = await loadSodium()
  const world = new World(random, sodium)
  const isOfOneSize = random.chance(0.25)
  const sizes = [random.integer(1, MOST), random.integer(1, MOST)] as [number, number]
  if (isOfOneSize) sizes[1] = sizes[0]
  const shared = random.chance(0.2) ? 0 : random.integer(0, Math.min(...sizes) - 1)
  const [left, right] = [random.pick(manners), random.pick(manners)]
  const what = `${seed}: ${shared} shared, ${sizes[0]} (${left}) and ${sizes[1]} (${right})`
  const writers = [await world.history('one', shared, sizes[0]), await world.history('two', shared, sizes[1])] as const
  const readers = [await world.reader(writers[0], left), await world.reader(writers[1], right)] as const
  const begun = world.time.now()
  if (random.chance(0.5)) world.join(readers[0], readers[1])
  else world.join(readers[1], readers[0])
  const isFound = await world.time.run(() => readers.every(({ core }) => core.state.fork !== null), LIMIT_MS)
  const tookMs = isFound ? world.time.now() - begun : null
  // What goes on afterwards is no offence either.
  await world.time.run(() => false, 1_000)
  world.close()
  const isProved = readers.every(({ core: { state, parts } }) => {
    return state.fork !== null && provesFork(sodium, parts.hash, parts.logKey, state.fork)
  })
  return { what, tookMs, violations: world.violations, isProved }
}
