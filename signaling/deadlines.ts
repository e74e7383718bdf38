/**
 * Items that each fall due the same time after they were added. With one delay for all, the order of adding is the
 * order of falling due, so a plain map serves as the queue and everything takes constant time.
 */
export class Deadlines<Item> {
  readonly #delayMs: number
  readonly #dueAtMs = new Map<Item, number>()

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  /** Adds the item, or puts it off when it is already there. */
  add(item: Item, nowMs: number): void {
    this.#dueAtMs.delete(item)
    this.#dueAtMs.set(item, nowMs + this.#delayMs)
  }

  has(item: Item): boolean {
    return this.#dueAtMs.has(item)
  }

  delete(item: Item): void {
    this.#dueAtMs.delete(item)
  }

  /** When the first falls due; infinity when there is none. */
  get nextMs(): number {
    for (const dueAtMs of this.#dueAtMs.values()) return dueAtMs
    return Infinity
  }

  /** Takes out and returns all that are due. */
  takeDue(nowMs: number): Item[] {
    const due: Item[] = []
    for (const [item, dueAtMs] of this.#dueAtMs) {
      if (dueAtMs > nowMs) break
      due.push(item)
    }
    for (const item of due) this.#dueAtMs.delete(item)
    return due
  }
}
