/**
 * Holds what members report against the guarantee: while two members are in each other's `members`, everything one
 * sends the other is delivered exactly once, in the order sent, messages to all and to one included. All of it is read
 * from the order of events in each history; the clock, which all of them share, only tells which stay of one member with
 * another a message was sent in.
 */
import type { Entry, History } from './history.js'

export const rules = [
  /** Owed, and has not come; or can no longer come in order. */
  'lost',
  'doubled',
  'reordered',
  /** Came to somebody whom it was not for, or as what it was not. */
  'wrong audience',
  /** Is not what was sent, or not by whom it came from. */
  'damaged',
  'invented',
  /** Came from somebody who was no member then. */
  'outside membership',
  /** Refused or given up, though its recipient is still there. */
  'refused',
] as const

export type Rule = (typeof rules)[number]

export interface Breach {
  readonly rule: Rule
  /** Ids of members. */
  readonly from: string
  readonly to: string
  readonly number: number
  /** When it came or, if it was lost, when it was sent. */
  readonly atMs: number
}

export interface Verdict {
  readonly sent: number
  readonly delivered: number
  /** Those that the guarantee covered when they were sent and that came; more may have come. */
  readonly kept: number
  readonly breaches: readonly Breach[]
}

/** A stay of one member in the `members` of another. */
interface Stay {
  readonly fromMs: number
  untilMs: number
}

interface Sent {
  readonly number: number
  readonly atMs: number
  readonly stay: Stay
}

interface Got {
  readonly entry: Entry & { type: 'got' }
  readonly stay: Stay | undefined
}

/** What ends with the recipient, or with the sender itself. */
const endings = ['member-left', 'member-unknown', 'closed', 'not-joined']

export const judge = (histories: readonly History[]): Verdict => {
  const breaches: Breach[] = []
  let [sent, delivered, kept] = [0, 0, 0]
  const byId = new Map(histories.map((history) => [history.id, history]))
  for (const receiver of histories) {
    sent += receiver.entries.filter(({ type }) => type === 'sent').length
    delivered += receiver.entries.filter(({ type }) => type === 'got').length
    breaches.push(...refusals(receiver))
    const met = new Set(receiver.entries.flatMap((entry) => (entry.type === 'join' ? [entry.id] : [])))
    for (const entry of receiver.entries) if (entry.type === 'got') met.add(entry.from)
    for (const id of met) {
      const pair = new Pair(byId.get(id) ?? { id, name: id, entries: [], endedAtMs: 0 }, receiver)
      breaches.push(...pair.arrivals(), ...pair.losses())
      kept += pair.kept()
    }
  }
  return { sent, delivered, kept, breaches }
}

const refusals = ({ id, entries }: History): Breach[] =>
  entries.flatMap((entry) => {
    if (entry.type !== 'rejected' && entry.type !== 'failed') return []
    if (endings.includes(entry.code)) return []
    const [to, number] = entry.type === 'failed' ? [entry.id, -1] : ['', entry.number]
    return [{ rule: 'refused', from: id, to, number, atMs: entry.atMs }]
  })

/** What one member sent and another one got of it. */
class Pair {
  readonly #author: History
  readonly #receiver: History
  readonly #stays: readonly Stay[]
  readonly #got: readonly Got[]
  readonly #owed: readonly (Sent & { readonly at: Stay })[]
  readonly #sent: readonly (Sent | Omit<Sent, 'stay'>)[]

  constructor(author: History, receiver: History) {
    this.#author = author
    this.#receiver = receiver
    const { stays, got } = received(receiver, author.id)
    this.#stays = stays
    this.#got = got
    this.#sent = sentTo(author, receiver.id)
    this.#owed = this.#sent.flatMap((one) => {
      if (!('stay' in one)) return []
      const at = this.#stays.find(({ fromMs, untilMs }) => fromMs <= one.atMs && one.atMs < untilMs)
      return at === undefined ? [] : [{ ...one, at }]
    })
  }

  arrivals(): Breach[] {
    const breaches: Breach[] = []
    const known = new Set(this.#sent.map(({ number }) => number))
    const before = new Set<number>()
    let last = -1
    for (const { entry, stay } of this.#got) {
      const { number } = entry
      const breach = (rule: Rule): void => {
        breaches.push({ rule, from: this.#author.id, to: this.#receiver.id, number, atMs: entry.atMs })
      }
      if (!entry.intact || entry.author !== entry.from) {
        breach('damaged')
        continue
      }
      if (entry.addressee !== (entry.to === 'all' ? 'all' : this.#receiver.id)) breach('wrong audience')
      // One that ended may not have come to report all that it sent.
      else if (!known.has(number) && this.#author.endedAtMs === null) breach('invented')
      if (stay === undefined) breach('outside membership')
      if (before.has(number)) breach('doubled')
      else if (number < last) breach('reordered')
      before.add(number)
      last = Math.max(last, number)
    }
    return breaches
  }

  kept(): number {
    const arrived = new Set(this.#got.map(({ entry }) => entry.number))
    return this.#owed.filter(({ number }) => arrived.has(number)).length
  }

  losses(): Breach[] {
    const arrived = new Map(this.#got.map(({ entry, stay }) => [entry.number, stay]))
    const lasting = this.#author.endedAtMs === null && this.#receiver.endedAtMs === null
    const breaches: Breach[] = []
    /** For a stay here: the stays there in which something arrived that was sent later. */
    const later = new Map<Stay, Stay>()
    for (const { number, atMs, stay, at } of [...this.#owed].reverse()) {
      if (arrived.has(number)) {
        const where = arrived.get(number)
        if (where !== undefined) later.set(stay, where)
        continue
      }
      const isOverdue = lasting && stay.untilMs === Infinity && at.untilMs === Infinity
      if (!isOverdue && later.get(stay) !== at) continue
      breaches.push({ rule: 'lost', from: this.#author.id, to: this.#receiver.id, number, atMs })
    }
    return breaches.reverse()
  }
}

/** `stay` is missing where the recipient was none of the sender's members, or where the message was refused. */
const sentTo = (author: History, to: string): (Sent | Omit<Sent, 'stay'>)[] => {
  const refused = new Set(author.entries.flatMap((entry) => (entry.type === 'rejected' ? [entry.number] : [])))
  const sent: (Sent | Omit<Sent, 'stay'>)[] = []
  const follow = stayFollower(to)
  for (const entry of author.entries) {
    const stay = follow(entry)
    if (entry.type !== 'sent' || (entry.to !== 'all' && entry.to !== to)) continue
    const { number, atMs } = entry
    sent.push(stay === undefined || refused.has(number) ? { number, atMs } : { number, atMs, stay })
  }
  return sent
}

const received = (receiver: History, from: string): { stays: Stay[]; got: Got[] } => {
  const stays: Stay[] = []
  const got: Got[] = []
  const follow = stayFollower(from)
  for (const entry of receiver.entries) {
    const stay = follow(entry)
    if (entry.type === 'join' && entry.id === from && stay !== undefined) stays.push(stay)
    if (entry.type === 'got' && entry.from === from) got.push({ entry, stay })
  }
  return { stays, got }
}

/** Given the entries of a history one by one, tells the stay of this member that each falls into. */
const stayFollower = (id: string): ((entry: Entry) => Stay | undefined) => {
  let stay: Stay | undefined
  return (entry) => {
    if (entry.type === 'join' && entry.id === id) stay = { fromMs: entry.atMs, untilMs: Infinity }
    if (entry.type === 'leave' && entry.id === id) {
      if (stay) stay.untilMs = entry.atMs
      stay = undefined
    }
    return stay
  }
}
