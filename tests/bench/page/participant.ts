/**
 * One member under measurement, the same for every side. Both ends of a figure are one of these: it answers what asks
 * for an answer, and times what it sends by that answer, on one clock.
 */
import { Changes } from '../../support/changes.js'
import { MIB } from './channel.js'
import type { Handlers, Join, JoinOptions, Member } from './member.js'
import { createNoise } from './noise.js'

/** The first byte of a short message says what it is; long ones are only counted. */
const KIND = { data: 0, end: 1, ping: 2, answer: 3, greeting: 4, update: 5 } as const
const SHORT_BYTES = 64

const createMessage = (kind: number, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  bytes[0] = kind
  return bytes
}

/** As a user has one: the browser keeps it, and gives it out as it is read. */
const createFile = (pieces: number): Blob => {
  const piece = createNoise(MIB)
  return new Blob(Array.from({ length: pieces }, () => piece))
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

/** When an update was sent, on the clock that pages share: after the kind, eight bytes on; and who sent it. */
const SENT_AT = 8
const SENT_BY = 16
/** What has come in the last of that many milliseconds of updates is lately. */
const LATELY_MS = 1_000

const sharedNow = (): number => performance.timeOrigin + performance.now()

export class Participant {
  /** By `Date.now()`, the one clock that pages share; `null` while nobody is gone. */
  goneAtMs: number | null = null
  readonly #join: Join
  #member: Member | null = null
  #greets = false
  #greetedAtMs: number | null = null
  #receivedBytes = 0
  #answers = 0
  #asked = 0
  /** Of all updates that came, in milliseconds. */
  readonly #ages: number[] = []
  readonly #sender = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  /** When the last update of each of the others came. */
  readonly #seenAtMs = new Map<number, number>()
  #onReceived: (() => void) | null = null
  readonly #changes = new Changes()

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

  /** A file of `pieces` MiB, or the same as messages of 1 MiB where a side has no files. Megabytes per second. */
  async file(pieces: number): Promise<number> {
    if (this.#own.sendFile === undefined) return this.bulk(pieces, MIB)
    const file = createFile(pieces)
    const beganMs = performance.now()
    await this.#own.sendFile(file)
    return file.size / 1e6 / seconds(beganMs)
  }

  /** The same `count` times at once. Resolves when all have arrived. */
  async files(count: number, pieces: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.file(pieces)))
  }

  /** Round trips one after the other, while files of `pieces` MiB go out without a pause. */
  async pingsDuringFile(count: number, pieces: number): Promise<number[]> {
    let isOver = false
    const transfer = async (): Promise<void> => {
      while (!isOver) await (this.#own.sendFile?.(createFile(pieces)) ?? this.#own.send(createNoise(MIB)))
    }
    const transferred = transfer()
    // Until the link is as busy as it gets.
    await this.pings(5)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const times = await this.pings(count, 10_000)
    isOver = true
    await transferred
    return times
  }

  /** Questions per second, `inFlight` at a time, for `ms`. */
  async requests(inFlight: number, ms: number): Promise<number> {
    const beganMs = performance.now()
    const message = createMessage(KIND.ping, SHORT_BYTES)
    const own = this.#own
    this.#asked = this.#answers
    let count = 0
    const asker = async (): Promise<void> => {
      while (performance.now() - beganMs < ms) {
        await (own.request?.(message) ?? this.#ask(message))
        count += 1
      }
    }
    await Promise.all(Array.from({ length: inFlight }, asker))
    return count / seconds(beganMs)
  }

  /** Sends `perSecond` updates of 64 bytes to all; resolves with how old those of the others were when they came, in ms. */
  async updates(perSecond: number, ms: number): Promise<readonly number[]> {
    this.#ages.length = 0
    this.#seenAtMs.clear()
    const beganMs = performance.now()
    for (let sent = 0; sent < (ms * perSecond) / 1_000; sent++) {
      const waitMs = beganMs + (sent * 1_000) / perSecond - performance.now()
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      const message = createMessage(KIND.update, SHORT_BYTES)
      const view = new DataView(message.buffer)
      view.setFloat64(SENT_AT, sharedNow())
      view.setUint32(SENT_BY, this.#sender)
      if (this.#own.update === undefined) void this.#own.send(message)
      else this.#own.update(message)
    }
    // Those that are on their way count too.
    await new Promise((resolve) => setTimeout(resolve, LATELY_MS / 4))
    return this.#ages
  }

  /** Of how many others an update has come lately. */
  get seenLately(): number {
    return [...this.#seenAtMs.values()].filter((atMs) => performance.now() - atMs < LATELY_MS).length
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Round trips one after the other, in milliseconds; no more are begun after `maxMs`. */
  async pings(count: number, maxMs = Infinity): Promise<number[]> {
    const startedMs = performance.now()
    const message = createMessage(KIND.ping, SHORT_BYTES)
    const times: number[] = []
    for (let i = 0; i < count && performance.now() - startedMs < maxMs; i++) {
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

  /** Answers come in the order asked. */
  async #ask(bytes: Uint8Array): Promise<void> {
    const turn = ++this.#asked
    await this.#own.send(bytes)
    await this.#until(() => this.#answers >= turn)
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
    if (bytes[0] === KIND.update) {
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      this.#ages.push(sharedNow() - view.getFloat64(SENT_AT))
      this.#seenAtMs.set(view.getUint32(SENT_BY), performance.now())
      return
    }
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
    this.#changes.tell()
  }

  #until(isSo: () => boolean): Promise<void> {
    return this.#changes.until(isSo)
  }
}

export const bulkBytes = 64 * MIB
