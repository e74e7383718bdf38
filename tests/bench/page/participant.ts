/**
 * One member under measurement, the same for every side. Both ends of a figure are one of these: it answers what asks
 * for an answer, and times what it sends by that answer, on one clock.
 */
import { MIB } from './channel.js'
import type { Handlers, Join, JoinOptions, Member } from './member.js'

/** The first byte of a short message says what it is; long ones are only counted. */
const KIND = { data: 0, end: 1, ping: 2, answer: 3, greeting: 4 } as const
const SHORT_BYTES = 64

const createMessage = (kind: number, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  bytes[0] = kind
  return bytes
}

/** Bytes of no pattern: nothing on the way can make them smaller. */
const createNoise = (size: number): Uint8Array => {
  const words = new Uint32Array(size / 4)
  let state = 1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return new Uint8Array(words.buffer)
}

const seconds = (fromMs: number): number => (performance.now() - fromMs) / 1000

const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

export class Participant {
  /** By `Date.now()`, the one clock that pages share; `null` while nobody is gone. */
  goneAtMs: number | null = null
  readonly #join: Join
  #member: Member | null = null
  #greets = false
  #greetedAtMs: number | null = null
  #receivedBytes = 0
  #answers = 0
  #onReceived: (() => void) | null = null
  readonly #watchers = new Set<() => void>()

  constructor(join: Join) {
    this.#join = join
  }

  /** Joins a room where nobody is, and leaves it: every module is loaded then, and nothing else has happened. */
  async warm(options: JoinOptions): Promise<void> {
    const idle: Handlers = { onLink: () => {}, onMessage: () => {}, onGone: () => {} }
    const member = await this.#join(options, idle)
    await member.leave()
  }

  /** With `greets`, says hello to all as soon as there is a link. */
  async join(options: JoinOptions, greets = false): Promise<void> {
    this.#greets = greets
    this.#member = await this.#join(options, {
      onLink: () => this.#tell(),
      onMessage: (bytes) => this.#receive(bytes),
      onGone: () => {
        this.goneAtMs ??= Date.now()
        this.#tell()
      },
    })
    this.#tell()
  }

  untilLinked(count: number): Promise<void> {
    return this.#until(() => this.#own.linkCount() >= count)
  }

  untilGone(): Promise<void> {
    return this.#until(() => this.goneAtMs !== null)
  }

  /** Milliseconds from the call of join until the greeting of the one that was there. */
  async timeToGreeting(options: JoinOptions): Promise<number> {
    const beganMs = performance.now()
    await this.join(options)
    await this.#until(() => this.#greetedAtMs !== null)
    return (this.#greetedAtMs ?? 0) - beganMs
  }

  /** Joins at a moment of `Date.now()`; resolves with the moment at which it had `links` links. */
  async linkedAt(options: JoinOptions, startAtMs: number, links: number): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, startAtMs - Date.now()))
    await this.join(options)
    await this.untilLinked(links)
    return Date.now()
  }

  /** Megabytes per second, until the other end has all of it. */
  async bulk(count: number, size: number): Promise<number> {
    const message = createNoise(size)
    const beganMs = performance.now()
    for (let i = 0; i < count; i++) await this.#own.send(message)
    await this.#end(1)
    return (count * size) / 1e6 / seconds(beganMs)
  }

  /** Messages per second to `recipients` others, `perTask` unawaited at a time, for `ms` and until all have all. */
  async rate(size: number, perTask: number, ms: number, recipients: number): Promise<number> {
    const message = createMessage(KIND.data, size)
    const beganMs = performance.now()
    let count = 0
    while (performance.now() - beganMs < ms) {
      await this.#own.burst(message, perTask)
      count += perTask
      await nextTask()
    }
    await this.#end(recipients)
    return count / seconds(beganMs)
  }

  /** Round trips one after the other, in milliseconds. */
  async pings(count: number): Promise<number[]> {
    const message = createMessage(KIND.ping, SHORT_BYTES)
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      const [beganMs, answers] = [performance.now(), this.#answers]
      await this.#own.send(message)
      await this.#until(() => this.#answers > answers)
      times.push(performance.now() - beganMs)
    }
    return times
  }

  /** Calls `report` whenever another `bytes` have come. */
  reportEvery(bytes: number, report: () => void): void {
    let next = this.#receivedBytes + bytes
    this.#onReceived = () => {
      if (this.#receivedBytes < next) return
      next += bytes
      report()
    }
  }

  async leave(): Promise<void> {
    await this.#member?.leave()
  }

  get #own(): Member {
    if (this.#member === null) throw new Error('has not joined')
    return this.#member
  }

  async #end(recipients: number): Promise<void> {
    const answers = this.#answers + recipients
    await this.#own.send(createMessage(KIND.end, SHORT_BYTES))
    await this.#until(() => this.#answers >= answers)
  }

  #receive(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length
    this.#onReceived?.()
    if (bytes.length > SHORT_BYTES || bytes[0] === KIND.data) return
    if (bytes[0] === KIND.end || bytes[0] === KIND.ping) {
      void this.#own.send(createMessage(KIND.answer, SHORT_BYTES))
    } else if (bytes[0] === KIND.answer) {
      this.#answers += 1
    } else {
      this.#greetedAtMs ??= performance.now()
    }
    this.#tell()
  }

  #tell(): void {
    if (this.#greets && this.#member !== null && this.#member.linkCount() > 0) {
      this.#greets = false
      void this.#member.send(createMessage(KIND.greeting, SHORT_BYTES))
    }
    for (const watcher of [...this.#watchers]) watcher()
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!isSo()) return
        this.#watchers.delete(check)
        resolve()
      }
      this.#watchers.add(check)
      check()
    })
  }
}

export const bulkBytes = 64 * MIB
