import { Channels, type ChannelInvalid, type StandardResult, type StandardSchema } from '../../../sdk/channel/index.js'
import { ChannelTraffic } from '../../../sdk/channel/traffic.js'
import { FakeHub, FakeNetwork } from '../../support/fake-hub.js'

/** Time that passes when told to. */
export class FakeTimers {
  nowMs = 1_000
  #timers: { readonly atMs: number; readonly run: () => void }[] = []

  now(): number {
    return this.nowMs
  }

  setTimer(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  get count(): number {
    return this.#timers.length
  }

  advance(ms: number): void {
    this.nowMs += ms
    for (const timer of this.#timers.filter(({ atMs }) => atMs <= this.nowMs)) {
      this.#timers = this.#timers.filter((other) => other !== timer)
      timer.run()
    }
  }
}

export const MESSAGE_BYTES = 8 * 1_024 * 1_024

export interface TestMember {
  readonly hub: FakeHub
  readonly channels: Channels
  readonly timers: FakeTimers
  readonly invalid: ChannelInvalid[]
}

export const createMember = (network: FakeNetwork): TestMember => {
  const hub = new FakeHub(network)
  const timers = new FakeTimers()
  const invalid: ChannelInvalid[] = []
  const channels = new Channels(hub, MESSAGE_BYTES)
  const find = (name: string) => channels.find(name)
  channels.start(new ChannelTraffic({ hub, timers, find, invalid: (event) => invalid.push(event) }))
  hub.join()
  return { hub, channels, timers, invalid }
}

export const setup = () => {
  const network = new FakeNetwork()
  const [ada, bob, cyd] = [createMember(network), createMember(network), createMember(network)]
  return { network, ada, bob, cyd }
}

/** Until nothing is on its way any more: everything in memory moves by microtasks. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Leaves as a group does. */
export const leave = ({ hub, channels }: TestMember): void => {
  hub.network.leave(hub)
  channels.left()
}

export const schemaOf = <Output>(
  validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>,
): StandardSchema<Output> => ({ '~standard': { version: 1, vendor: 'test', validate } })

export const evenNumber = schemaOf<number>((value) =>
  typeof value === 'number' && value % 2 === 0 ? { value } : { issues: [{ message: 'not an even number' }] },
)

/** A promise and what settles it. */
export const defer = <Value = void>() => {
  let resolve: (value: Value) => void = () => undefined
  const promise = new Promise<Value>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
