import { isIPv4 } from 'node:net'
import { TokenBucket } from '../sdk/util/token-bucket.js'

interface Entry {
  sockets: number
  readonly fresh: TokenBucket
}

/** How many sockets one address may hold and open. Behind a proxy on the same machine all are loopback, so exempt. */
export class AddressLimits {
  readonly #sockets: number
  readonly #newPerMinute: number
  readonly #entries = new Map<string, Entry>()

  constructor(limits: { socketsPerAddress: number; newSocketsPerMinute: number }) {
    this.#sockets = limits.socketsPerAddress
    this.#newPerMinute = limits.newSocketsPerMinute
  }

  get size(): number {
    return this.#entries.size
  }

  /** Whether a new socket may be opened; counts the attempt when it may. */
  admits(address: string | undefined, nowMs: number): boolean {
    const source = sourceOf(address)
    if (source === null) return true
    this.#sweep(nowMs)
    const entry = this.#entry(source, nowMs)
    return entry.sockets < this.#sockets && entry.fresh.take(1, nowMs)
  }

  /** A socket is open. Returns what to call once, when it is closed. */
  open(address: string | undefined, nowMs: number): () => void {
    const source = sourceOf(address)
    if (source === null) return () => {}
    const entry = this.#entry(source, nowMs)
    entry.sockets++
    return () => {
      entry.sockets--
    }
  }

  #entry(source: string, nowMs: number): Entry {
    let entry = this.#entries.get(source)
    if (entry === undefined) {
      entry = { sockets: 0, fresh: new TokenBucket(this.#newPerMinute / 60, this.#newPerMinute, nowMs) }
      this.#entries.set(source, entry)
    }
    return entry
  }

  /** Looks at two entries for each new one, so that forgetting keeps up without ever walking the whole map. */
  #sweep(nowMs: number): void {
    let looks = 2
    for (const [source, entry] of this.#entries) {
      if (looks-- === 0) return
      this.#entries.delete(source)
      if (entry.sockets > 0 || !entry.fresh.isFull(nowMs)) this.#entries.set(source, entry)
    }
  }
}

/** What is counted as one: an IPv4 address, or the /64 that an IPv6 address is in; `null` for loopback. */
export const sourceOf = (address: string | undefined): string | null => {
  if (address === undefined) return null
  const bare = (address.split('%')[0] ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIPv4(bare)) return bare.startsWith('127.') ? null : bare
  if (bare === '::1') return null
  const [head = '', tail] = bare.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const end = tail === '' ? [] : tail.split(':')
    while (groups.length + end.length < 8) groups.push('0')
    groups.push(...end)
  }
  return groups.slice(0, 4).join(':')
}
