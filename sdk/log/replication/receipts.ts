import type { BlockRange } from '../tree/positions.js'
import type { LogPeer } from './peer.js'

/** Of a peer, said since the log was opened: all of these blocks are with it durably. */
export interface LogReceipt {
  /** Who the peer is. */
  readonly id: string
  readonly start: number
  /** The block behind the last. */
  readonly end: number
}

/** What is remembered: the latest. */
const MAX_RECEIPTS = 1_024

interface Wanted extends BlockRange {
  readonly count: number
  readonly given: Set<string>
  readonly resolve: () => void
}

/** Who has told that it has which blocks durably, and who waits for that. */
export class Receipts {
  readonly #wanted = new Set<Wanted>()
  readonly #asking = new Set<LogPeer>()
  #given: readonly LogReceipt[] = []

  get given(): readonly LogReceipt[] {
    return this.#given
  }

  /** Resolves when so many peers have all of a range durably; rejects with the signal's reason. */
  until(range: BlockRange, count: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const aborted = (): void => {
        this.#wanted.delete(wanted)
        reject(signal.reason)
      }
      const done = (): void => {
        this.#wanted.delete(wanted)
        signal.removeEventListener('abort', aborted)
        resolve()
      }
      const wanted: Wanted = { ...range, count, given: new Set(), resolve: done }
      signal.addEventListener('abort', aborted, { once: true })
      this.#wanted.add(wanted)
    })
  }

  /** Asks those who say that they have what somebody waits for. To be called when there are more of them, or they have more. */
  look(peers: readonly LogPeer[]): void {
    if (this.#wanted.size === 0) return
    for (const peer of peers) if (!this.#asking.has(peer)) void this.#ask(peer)
  }

  async #ask(peer: LogPeer): Promise<void> {
    this.#asking.add(peer)
    for (let range = this.#rangeFor(peer); range !== null && peer.isOpen; range = this.#rangeFor(peer)) {
      if (await peer.keeps.ask(range)) this.#give(peer.port.peerId, range)
    }
    this.#asking.delete(peer)
  }

  /** All that is waited for and lies in a row, so that one flush does for many. */
  #rangeFor(peer: LogPeer): BlockRange | null {
    const id = peer.port.peerId
    let range: BlockRange | null = null
    for (const each of [...this.#wanted].sort((one, other) => one.start - other.start)) {
      if (each.given.has(id) || !peer.holdings.hasAll(each)) continue
      if (range === null) range = { start: each.start, end: each.end }
      else if (each.start <= range.end) range = { start: range.start, end: Math.max(range.end, each.end) }
      else break
    }
    return range
  }

  #give(id: string, { start, end }: BlockRange): void {
    const last = this.#given.at(-1)
    const isNext = last?.id === id && last.end >= start && last.start <= start
    const before = isNext ? this.#given.slice(0, -1) : this.#given
    const receipt = Object.freeze({ id, start: isNext ? last.start : start, end: Math.max(end, isNext ? last.end : 0) })
    this.#given = Object.freeze([...before, receipt].slice(-MAX_RECEIPTS))
    for (const wanted of [...this.#wanted]) {
      if (wanted.start < start || wanted.end > end) continue
      wanted.given.add(id)
      if (wanted.given.size >= wanted.count) wanted.resolve()
    }
  }
}
