import type { Delivery, MessageKind } from '../../sdk/mesh/events.js'
import { isMessage, makeMessage, readNumber } from './message.js'
import { Violation } from './violation.js'

interface Sent {
  readonly number: number
  /** A member's name, or `null` for all. */
  readonly to: string | null
  readonly kind: MessageKind
  readonly stream: number
  readonly size: number
  /** Nothing follows on its stream. */
  readonly end: boolean
  /** Its sender wants to know what becomes of it. */
  readonly confirm: boolean
  readonly sentMs: number
  isAdmitted: boolean
  isSettled: boolean
  /** Names of those that must get it: they and the sender had each other when it was sent, and never parted since. */
  readonly owed: Set<string>
  /** All whose outcome its sender is to be told. */
  readonly audience: readonly string[]
  readonly got: Set<string>
  /** Those of whom the sender was told for certain that they will not get it. */
  readonly ruledOut: Set<string>
}

/** What one member has sent, in order, and how many of it were not settled. */
interface Account {
  readonly sent: Sent[]
  unsettled: number
}

/** What a sender is told of one message and one recipient. */
export interface Outcome {
  readonly receiver: string
  readonly result: 'delivered' | 'maybe' | 'never'
}

/** Every message sent, and what became of it. Members go by the simulator's names, one per engine. */
export class Ledger {
  deliveries = 0
  bytesDelivered = 0
  /** Outcomes that senders were told of. */
  outcomes = 0
  /** What is owed, over all messages and recipients. */
  #owed = 0
  readonly #accounts = new Map<string, Account>()
  /** Per `sender>receiver stream`, the number after the last one delivered. */
  readonly #next = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The bytes to submit. The message's number is its submission too. */
  send(
    sender: string,
    message: {
      readonly to: string | null
      readonly kind: MessageKind
      readonly stream: number
      readonly size: number
      readonly end: boolean
      readonly confirm: boolean
    },
    owed: Iterable<string>,
  ): { number: number; bytes: Uint8Array } {
    const account = this.#account(sender)
    const number = account.sent.length
    const entry: Sent = {
      ...message,
      number,
      sentMs: this.#now(),
      isAdmitted: false,
      isSettled: false,
      audience: [...owed],
      owed: new Set(owed),
      got: new Set(),
      ruledOut: new Set(),
    }
    account.sent.push(entry)
    account.unsettled++
    this.#owed += entry.owed.size
    return { number, bytes: makeMessage({ sender, number, size: message.size }) }
  }

  admitted(sender: string, number: number): void {
    const entry = this.#entry(sender, number)
    if (entry.isAdmitted) throw this.#violation('admit-once', `${sender} was told twice that ${number} is admitted`)
    entry.isAdmitted = true
    if (!entry.confirm) this.#settle(sender, entry)
  }

  /** Everything that is to be said of this message has been said. */
  settled(sender: string, number: number, outcomes: readonly Outcome[]): void {
    const entry = this.#entry(sender, number)
    this.#settle(sender, entry)
    const untold = entry.audience.filter((name) => !outcomes.some(({ receiver }) => receiver === name))
    if (untold.length > 0) throw this.#violation('untold', `${sender} message ${number}: nothing of ${untold.join()}`)
    for (const { receiver, result } of outcomes) {
      this.outcomes++
      const label = `${sender}>${receiver} message ${number}`
      const isHere = entry.got.has(receiver)
      if (result === 'delivered' && !isHere) throw this.#violation('confirmed', `${label} is said to be delivered`)
      if (result === 'never' && isHere) throw this.#violation('ruled-out', `${label} is said not to be delivered`)
      if (result === 'never') entry.ruledOut.add(receiver)
      if (result !== 'delivered') this.#release(entry, receiver)
    }
  }

  /** The two have not parted since, and it has not arrived. */
  isOwed(sender: string, number: number, receiver: string): boolean {
    return this.#entry(sender, number).owed.has(receiver)
  }

  /** When the oldest of what is owed on this stream was sent; `Infinity` for none. */
  owedSinceMs(sender: string, receiver: string, stream: number): number {
    const oldest = this.#account(sender).sent.find((entry) => entry.stream === stream && entry.owed.has(receiver))
    return oldest?.sentMs ?? Infinity
  }

  /** Sends whose promise is still open. */
  unsettled(sender: string): number {
    return this.#account(sender).unsettled
  }

  deliver(sender: string, receiver: string, { to, stream, kind, end, bytes }: Omit<Delivery, 'from'>): number {
    const pair = `${sender}>${receiver} ${stream}`
    const next = this.#next.get(pair) ?? 0
    const entry = this.#identify(sender, receiver, next, { to, stream, kind, bytes })
    const label = `${sender}>${receiver} message ${entry.number}`
    if (entry.stream !== stream) throw this.#violation('stream', `${label} was on ${entry.stream}, not ${stream}`)
    if (entry.number < next) throw this.#violation('order', `${label} came after ${next - 1}, or twice`)
    if (entry.to !== null && entry.to !== receiver) throw this.#violation('audience', `${label} was for ${entry.to}`)
    if ((entry.to === null ? 'all' : 'me') !== to) throw this.#violation('audience', `${label} came as "to ${to}"`)
    if (entry.end !== end) throw this.#violation('end', `${label} came ${end ? 'as' : 'and not as'} the last`)
    if (entry.kind !== kind) throw this.#violation('kind', `${label} was ${entry.kind} and came as ${kind}`)
    if (!isMessage(bytes, { sender, number: entry.number, size: entry.size })) {
      throw this.#violation('intact', `${label} of ${entry.size} bytes came damaged, with ${bytes.length}`)
    }
    if (entry.ruledOut.has(receiver)) throw this.#violation('ruled-out', `${label} came though it was given up`)
    const { sent } = this.#account(sender)
    for (let number = next; number < entry.number; number++) {
      const before = sent[number]
      if (before?.stream === stream && before.owed.has(receiver))
        throw this.#violation('gap', `${label} came before ${number}`)
    }
    this.#release(entry, receiver)
    entry.got.add(receiver)
    this.#next.set(pair, entry.number + 1)
    this.deliveries++
    this.bytesDelivered += bytes.length
    return entry.number
  }

  /** One of them no longer counts the other as here: what is under way between them may be lost. */
  part(a: string, b: string): void {
    for (const entry of this.#account(a).sent) this.#release(entry, b)
    for (const entry of this.#account(b).sent) this.#release(entry, a)
  }

  /** What the one has sent the other on a stream so far is given up: the other took nothing for too long, or takes none of it. */
  giveUp(sender: string, receiver: string, stream: number): void {
    for (const entry of this.#account(sender).sent) if (entry.stream === stream) this.#release(entry, receiver)
  }

  /** Gone: nobody is owed anything by it, nor it by anybody. */
  remove(name: string): void {
    for (const entry of this.#account(name).sent) for (const receiver of [...entry.owed]) this.#release(entry, receiver)
    for (const { sent } of this.#accounts.values()) for (const entry of sent) this.#release(entry, name)
  }

  /** What is owed and has not arrived, as `sender>receiver: numbers`. */
  missing(): string[] {
    const missing = new Map<string, number[]>()
    for (const [sender, { sent }] of this.#accounts) {
      for (const entry of sent) {
        for (const receiver of entry.owed) {
          const key = `${sender}>${receiver}`
          missing.set(key, [...(missing.get(key) ?? []), entry.number])
        }
      }
    }
    return [...missing].map(
      ([pair, numbers]) => `${pair}: ${numbers.slice(0, 8).join()}${numbers.length > 8 ? '…' : ''}`,
    )
  }

  missingCount(): number {
    return this.#owed
  }

  #settle(sender: string, entry: Sent): void {
    if (entry.isSettled) throw this.#violation('settle-once', `${sender} was told twice what became of ${entry.number}`)
    entry.isSettled = true
    this.#account(sender).unsettled--
  }

  #release(entry: Sent, receiver: string): void {
    if (entry.owed.delete(receiver)) this.#owed--
  }

  #identify(
    sender: string,
    receiver: string,
    next: number,
    { to, stream, kind, bytes }: Omit<Delivery, 'from' | 'end'>,
  ): Sent {
    const { sent } = this.#account(sender)
    const number = readNumber(sender, bytes)
    // One too small to name itself is the first that it could be, of those owed if there are any.
    const alike = (candidate: Sent) =>
      candidate.number >= next &&
      candidate.kind === kind &&
      candidate.stream === stream &&
      candidate.to === (to === 'all' ? null : receiver) &&
      isMessage(bytes, { sender, number: candidate.number, size: candidate.size })
    const entry =
      number !== null
        ? sent[number]
        : (sent.find((candidate) => candidate.owed.has(receiver) && alike(candidate)) ?? sent.find(alike))
    if (entry === undefined) {
      throw this.#violation('invented', `${receiver} got ${bytes.length} bytes that ${sender} never sent, or twice`)
    }
    return entry
  }

  #entry(sender: string, number: number): Sent {
    const entry = this.#account(sender).sent[number]
    if (entry === undefined) throw this.#violation('settle-unknown', `${sender} is told of ${number}, never sent`)
    return entry
  }

  #account(sender: string): Account {
    let account = this.#accounts.get(sender)
    if (account === undefined) {
      account = { sent: [], unsettled: 0 }
      this.#accounts.set(sender, account)
    }
    return account
  }

  #violation(rule: string, detail: string): Violation {
    return new Violation(rule, this.#now(), detail)
  }
}
