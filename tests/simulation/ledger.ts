import type { MessageKind } from '../../sdk/mesh/events.js'
import { isMessage, makeMessage, readNumber } from './message.js'
import { Violation } from './violation.js'

interface Sent {
  readonly number: number
  /** A member's name, or `null` for all. */
  readonly to: string | null
  readonly kind: MessageKind
  readonly size: number
  admitted: boolean
  /** Names of those that must get it: they and the sender had each other when it was sent, and never parted since. */
  readonly owed: Set<string>
}

/** Every message sent, and what became of it. Members go by the simulator's names, one per engine. */
export class Ledger {
  deliveries = 0
  bytesDelivered = 0
  /** Messages that arrived after a gap: something owed before them can no longer arrive in order. */
  skipped = 0
  readonly #sent = new Map<string, Sent[]>()
  /** Per `sender>receiver`, the number after the last one delivered. */
  readonly #next = new Map<string, number>()
  readonly #strict: boolean
  readonly #now: () => number

  /** `strict`: nothing owed may be missing. */
  constructor(strict: boolean, now: () => number) {
    this.#strict = strict
    this.#now = now
  }

  /** The bytes to submit. The message's number is its submission too. */
  send(
    sender: string,
    to: string | null,
    kind: MessageKind,
    size: number,
    owed: Iterable<string>,
  ): { number: number; bytes: Uint8Array } {
    const sent = this.#sentBy(sender)
    const number = sent.length
    sent.push({ number, to, kind, size, admitted: false, owed: new Set(owed) })
    return { number, bytes: makeMessage({ sender, number, size }) }
  }

  admitted(sender: string, number: number): void {
    const entry = this.#sentBy(sender)[number]
    if (entry === undefined) throw this.#violation('admit-unknown', `${sender} was told that ${number} is admitted`)
    if (entry.admitted) throw this.#violation('admit-once', `${sender} was told twice that ${number} is admitted`)
    entry.admitted = true
  }

  unadmitted(sender: string): number {
    return this.#sentBy(sender).filter((entry) => !entry.admitted).length
  }

  deliver(sender: string, receiver: string, to: 'all' | 'me', kind: MessageKind, bytes: Uint8Array): number {
    const pair = `${sender}>${receiver}`
    const next = this.#next.get(pair) ?? 0
    const entry = this.#identify(sender, receiver, next, to, kind, bytes)
    const label = `${pair} message ${entry.number}`
    if (entry.number < next) throw this.#violation('order', `${label} came after ${next - 1}, or twice`)
    if (entry.to !== null && entry.to !== receiver) throw this.#violation('audience', `${label} was for ${entry.to}`)
    if ((entry.to === null ? 'all' : 'me') !== to) throw this.#violation('audience', `${label} came as "to ${to}"`)
    if (entry.kind !== kind) throw this.#violation('kind', `${label} was ${entry.kind} and came as ${kind}`)
    if (!isMessage(bytes, { sender, number: entry.number, size: entry.size })) {
      throw this.#violation('intact', `${label} of ${entry.size} bytes came damaged, with ${bytes.length}`)
    }
    const missed = this.#sentBy(sender)
      .slice(next, entry.number)
      .filter((earlier) => earlier.owed.has(receiver))
    if (missed.length > 0) {
      if (this.#strict) throw this.#violation('gap', `${label} came before ${missed.map((m) => m.number).join()}`)
      for (const earlier of missed) earlier.owed.delete(receiver)
      this.skipped += missed.length
    }
    entry.owed.delete(receiver)
    this.#next.set(pair, entry.number + 1)
    this.deliveries++
    this.bytesDelivered += bytes.length
    return entry.number
  }

  /** One of them no longer counts the other as here: what is under way between them may be lost. */
  part(a: string, b: string): void {
    for (const entry of this.#sentBy(a)) entry.owed.delete(b)
    for (const entry of this.#sentBy(b)) entry.owed.delete(a)
  }

  /** Gone: nobody is owed anything by it, nor it by anybody. */
  remove(name: string): void {
    for (const entry of this.#sentBy(name)) entry.owed.clear()
    for (const sent of this.#sent.values()) for (const entry of sent) entry.owed.delete(name)
  }

  /** What is owed and has not arrived, as `sender>receiver: numbers`. */
  missing(): string[] {
    const missing = new Map<string, number[]>()
    for (const [sender, sent] of this.#sent) {
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
    let count = 0
    for (const sent of this.#sent.values()) for (const entry of sent) count += entry.owed.size
    return count
  }

  #identify(
    sender: string,
    receiver: string,
    next: number,
    to: 'all' | 'me',
    kind: MessageKind,
    bytes: Uint8Array,
  ): Sent {
    const sent = this.#sentBy(sender)
    const number = readNumber(sender, bytes)
    // One too small to name itself is the first that it could be, of those owed if there are any.
    const alike = (candidate: Sent) =>
      candidate.number >= next &&
      candidate.kind === kind &&
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

  #sentBy(sender: string): Sent[] {
    let sent = this.#sent.get(sender)
    if (sent === undefined) {
      sent = []
      this.#sent.set(sender, sent)
    }
    return sent
  }

  #violation(rule: string, detail: string): Violation {
    return new Violation(rule, this.#now(), detail)
  }
}
