/** An event that can still be called off. */
export interface Scheduled {
  cancelled: boolean
}

interface Entry extends Scheduled {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** Virtual time: events run one by one, by time, and in the order scheduled where times are equal. */
export class EventQueue {
  nowMs = 0
  #order = 0
  readonly #heap: Entry[] = []

  /** A time in the past counts as now. */
  at(atMs: number, run: () => void): Scheduled {
    const entry: Entry = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, run, cancelled: false }
    const heap = this.#heap
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Entry
      if (!before(entry, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
    return entry
  }

  in(delayMs: number, run: () => void): Scheduled {
    return this.at(this.nowMs + delayMs, run)
  }

  /** Runs all that is due until `untilMs`, which is then the time. */
  runUntil(untilMs: number): void {
    for (let head = this.#heap[0]; head !== undefined && head.atMs <= untilMs; head = this.#heap[0]) {
      this.#removeHead()
      this.nowMs = head.atMs
      if (!head.cancelled) head.run()
    }
    this.nowMs = Math.max(this.nowMs, untilMs)
  }

  #removeHead(): void {
    const heap = this.#heap
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      const right = heap[child + 1]
      if (right !== undefined && before(right, heap[child] as Entry)) child++
      const below = heap[child] as Entry
      if (!before(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
  }
}

const before = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
