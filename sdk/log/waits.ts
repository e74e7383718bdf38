/**
 * What brings blocks that are not on this device: replication, where there is any. It is told which are waited for, and says by
 * `Core.arrived` when one is there.
 */
export interface BlockSource {
  /** Called once for a block however many wait for it; the result gives the wish up, and is called once. */
  want(block: number): () => void
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Wish {
  readonly waiters: Set<Waiter>
  /** By source. */
  readonly given: Map<BlockSource, () => void>
}

/** Who waits for which block. */
export class BlockWaits {
  readonly #wishes = new Map<number, Wish>()
  readonly #sources = new Set<BlockSource>()

  /** Asks a source for all that is waited for, now and from here on; the result ends that. */
  attach(source: BlockSource): () => void {
    this.#sources.add(source)
    for (const [block, { given }] of this.#wishes) given.set(source, source.want(block))
    return () => {
      this.#sources.delete(source)
      for (const { given } of this.#wishes.values()) {
        given.get(source)?.()
        given.delete(source)
      }
    }
  }

  /** Resolves when the block has arrived. Rejects with the signal's reason, and when a source says that nobody has it. */
  until(block: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const wish = this.#wishes.get(block) ?? this.#begin(block)
      const settle = (run: () => void): void => {
        signal.removeEventListener('abort', aborted)
        run()
      }
      const waiter: Waiter = {
        resolve: () => settle(resolve),
        reject: (error) => settle(() => reject(error)),
      }
      const aborted = (): void => {
        wish.waiters.delete(waiter)
        if (wish.waiters.size === 0) this.#end(block, wish)
        reject(signal.reason)
      }
      signal.addEventListener('abort', aborted, { once: true })
      wish.waiters.add(waiter)
    })
  }

  /** These are here, from `start` up to and without `end`. */
  arrived(start: number, end: number): void {
    for (const [block, wish] of [...this.#wishes]) {
      if (block < start || block >= end) continue
      this.#end(block, wish)
      for (const { resolve } of wish.waiters) resolve()
    }
  }

  /** Nobody has it; `error` makes one for each who waits. */
  fail(block: number, error: () => Error): void {
    const wish = this.#wishes.get(block)
    if (wish === undefined) return
    this.#end(block, wish)
    for (const { reject } of wish.waiters) reject(error())
  }

  #begin(block: number): Wish {
    const wish: Wish = { waiters: new Set(), given: new Map() }
    this.#wishes.set(block, wish)
    for (const source of this.#sources) wish.given.set(source, source.want(block))
    return wish
  }

  #end(block: number, wish: Wish): void {
    this.#wishes.delete(block)
    for (const giveUp of wish.given.values()) giveUp()
  }
}
