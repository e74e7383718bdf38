import { onTestFinished } from 'vitest'
import type { Core } from '../../../sdk/log/core.js'
import type { Log } from '../../../sdk/log/index.js'
import type { LogPeer } from '../../../sdk/log/replication/peer.js'
import type { LogPort, Timing } from '../../../sdk/log/replication/port.js'
import { LogSwarm } from '../../../sdk/log/replication/swarm.js'
import { decodeLogFrame, encodeLogFrame, type LogFrame } from '../../../sdk/protocol/log-frames.js'
import { concatBytes } from '../../../sdk/util/bytes.js'
import { coreOf } from './core.js'
import { createDevice, type Device } from './setup.js'

/** Time that a test moves. */
export class TestTime implements Timing {
  #now = 0
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()

  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  setTimer(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  pass(ms: number): void {
    this.#now += ms
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now || !this.#timers.delete(timer)) continue
      timer.run()
    }
  }
}

/** What one side says, on its way: the frame itself, others in its place, or none. */
export type Change = (frame: LogFrame) => readonly (LogFrame | Uint8Array)[]

const unchanged: Change = (frame) => [frame]

export interface Replica {
  readonly name: string
  readonly device: Device
  readonly log: Log<'utf-8'>
  readonly core: Core
  readonly swarm: LogSwarm
  readonly violations: string[]
  readonly failures: unknown[]
}

export interface Wire {
  /** Who says this, as it knows the other one. */
  readonly peer: LogPeer
  readonly sent: LogFrame[]
  /** Frames are lost while this is set. */
  isHeld: boolean
  change: Change
  /** How many frames wait. */
  readonly held: number
  /** Keeps frames waiting from here on, those of one kind or all; the result lets all of them go, and waits no more. */
  hold(type?: LogFrame['type']): () => void
  /** Lets the first that waits go; resolves when it is there. */
  release(): Promise<void>
  cut(): void
}

export const createReplica = async (
  name: string,
  time: Timing,
  address: string | null,
  options: { readonly isEager?: boolean; readonly device?: Device } = {},
): Promise<Replica> => {
  const device = options.device ?? createDevice()
  const log = device.log(address)
  const core = await coreOf(log)
  const [violations, failures]: [string[], unknown[]] = [[], []]
  const swarm = new LogSwarm({
    core,
    timing: time,
    violated: (peerId, { message }) => violations.push(`${peerId}: ${message}`),
  })
  if (options.isEager) swarm.wantAll()
  swarm.events.on('failed', ({ error }) => failures.push(error))
  onTestFinished(() => swarm.close(new Error('the test is over')))
  return { name, device, log, core, swarm, violations, failures }
}

/** One way: frames in order, the next once the one before was taken. */
class Way implements Omit<Wire, 'peer'> {
  readonly sent: LogFrame[] = []
  isHeld = false
  change: Change = unchanged
  deliver: (bytes: Uint8Array) => Promise<void> = () => Promise.resolve()
  readonly #close: () => void
  #waiting: { readonly of: LogFrame['type'] | null; readonly frames: Uint8Array[] } | null = null
  #last: Promise<void> = Promise.resolve()
  #isOpen = true

  constructor(close: () => void) {
    this.#close = close
  }

  send(...parts: readonly Uint8Array[]): Promise<void> {
    const frame = decodeLogFrame(concatBytes(...parts))
    this.sent.push(frame)
    if (this.isHeld) return Promise.resolve()
    for (const next of this.change(frame)) {
      const bytes = next instanceof Uint8Array ? next : encodeLogFrame(next)
      const isWaiting = this.#waiting !== null && (this.#waiting.of ?? frame.type) === frame.type
      if (isWaiting) this.#waiting?.frames.push(bytes)
      else void this.#pass(bytes)
    }
    return this.#last
  }

  get held(): number {
    return this.#waiting?.frames.length ?? 0
  }

  hold(type?: LogFrame['type']): () => void {
    const { frames } = (this.#waiting = { of: type ?? null, frames: [] })
    return () => {
      this.#waiting = null
      for (const bytes of frames) void this.#pass(bytes)
    }
  }

  release(): Promise<void> {
    const bytes = this.#waiting?.frames.shift()
    return bytes === undefined ? Promise.resolve() : this.#pass(bytes)
  }

  #pass(bytes: Uint8Array): Promise<void> {
    return (this.#last = this.#last.then(() => (this.#isOpen ? this.deliver(bytes) : undefined)))
  }

  end(): void {
    this.#isOpen = false
  }

  cut(): void {
    this.#close()
  }
}

/** Joins two replicas; the result is what each says. */
export const join = (
  one: Replica,
  other: Replica,
  { binding = new Uint8Array(32), says = unchanged }: { readonly binding?: Uint8Array; readonly says?: Change } = {},
): readonly [Wire, Wire] => {
  let isClosed = false
  const close = (): void => {
    if (isClosed) return
    isClosed = true
    for (const way of ways) way.end()
    for (const peer of peers) peer.close()
  }
  const ways = [new Way(close), new Way(close)] as const
  ways[0].change = says
  const port = (of: Replica, way: Way, isFirst: boolean): LogPort => ({
    peerId: of.name,
    binding,
    isFirst,
    path: () => 'direct',
    send: (...frame) => way.send(...frame),
    close,
  })
  const peers = [one.swarm.connect(port(other, ways[0], true)), other.swarm.connect(port(one, ways[1], false))] as const
  ways[0].deliver = (bytes) => peers[1].handle(bytes)
  ways[1].deliver = (bytes) => peers[0].handle(bytes)
  return [Object.assign(ways[0], { peer: peers[0] }), Object.assign(ways[1], { peer: peers[1] })]
}
