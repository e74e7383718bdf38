/** One may be a device whose memory fails; nobody is that unlucky three times. */
const MOST = 3
/** Whoever has many names is not kept out by them; this bounds what they take here. */
const MAX_PEERS = 4_096

/** What peers did that no device does that keeps to the protocol, over all logs and ways to them. */
export class Offences {
  readonly #counts = new Map<string, number>()
  readonly #listeners = new Set<(peerId: string) => void>()

  add(peerId: string): void {
    const count = (this.#counts.get(peerId) ?? 0) + 1
    this.#counts.delete(peerId)
    this.#counts.set(peerId, count)
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > MAX_PEERS && oldest !== undefined) this.#counts.delete(oldest)
    if (count === MOST) for (const listener of [...this.#listeners]) listener(peerId)
  }

  isBanned(peerId: string): boolean {
    return (this.#counts.get(peerId) ?? 0) >= MOST
  }

  /** Calls `listener` when somebody is banned; the result ends that. */
  onBan(listener: (peerId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
