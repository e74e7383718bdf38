import type { Delivery } from '../../sdk/mesh/events.js'
import { isMessage, makeMessage, readNumber } from './message.js'
import { newest } from './own-streams.js'
import { Violation } from './violation.js'

interface Posted {
  readonly stream: number
  readonly size: number
  readonly to: Delivery['to']
  /** Names of those that it was for. */
  readonly audience: ReadonlySet<string>
  readonly got: Set<string>
}

/** Every datagram, and who got it: any may be lost, and what comes must be right. Members go by the simulator's names. */
export class Postings {
  posted = 0
  deliveries = 0
  readonly #accounts = new Map<string, Posted[]>()
  /** Per `sender>receiver` and audience, of the stream where only the newest counts, the number of the last one delivered. */
  readonly #last = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The bytes to post. */
  post(
    sender: string,
    { stream, size, to, audience }: Pick<Posted, 'stream' | 'size' | 'to' | 'audience'>,
  ): Uint8Array {
    let account = this.#accounts.get(sender)
    if (account === undefined) this.#accounts.set(sender, (account = []))
    const number = account.length
    const entry: Posted = { stream, size, to, audience, got: new Set() }
    account.push(entry)
    this.posted += entry.audience.size
    return makeMessage({ sender, number, size })
  }

  deliver(sender: string, receiver: string, { to, stream, kind, end, bytes }: Omit<Delivery, 'from'>): number {
    const number = readNumber(sender, bytes)
    const entry = number === null ? undefined : this.#accounts.get(sender)?.[number]
    if (number === null || entry === undefined)
      throw this.#violation('datagram-invented', `${receiver} got ${bytes.length} bytes that ${sender} never posted`)
    const label = `${sender}>${receiver} datagram ${number}`
    const isIntact = kind === 'binary' && !end && isMessage(bytes, { sender, number, size: entry.size })
    if (!isIntact) throw this.#violation('datagram-intact', `${label} came damaged`)
    if (entry.stream !== stream) throw this.#violation('datagram-stream', `${label} came on ${stream}`)
    if (entry.to !== to) throw this.#violation('datagram-audience', `${label} came as "to ${to}"`)
    if (!entry.audience.has(receiver)) throw this.#violation('datagram-audience', `${label} was not for it`)
    if (entry.got.has(receiver)) throw this.#violation('datagram-twice', `${label} came twice`)
    entry.got.add(receiver)
    if (stream === newest.stream) this.#checkNewer(`${sender}>${receiver} to ${to}`, number)
    this.deliveries++
    return number
  }

  #checkNewer(pair: string, number: number): void {
    const last = this.#last.get(pair) ?? -1
    if (number < last) throw this.#violation('datagram-outdated', `${pair} datagram ${number} came after ${last}`)
    this.#last.set(pair, number)
  }

  #violation(rule: string, detail: string): Violation {
    return new Violation(rule, this.#now(), detail)
  }
}
