/** `size` unpredictable bytes. */
export type RandomSource = (size: number) => Uint8Array

/** A whole number from 0 up to `bound`, which is far below 2^32, so that the modulo favours nobody by more than 1 in a million. */
export const randomBelow = (bound: number, random: RandomSource): number =>
  new DataView(new Uint8Array(random(4)).buffer).getUint32(0) % bound

/** A set whose every operation, drawing members at random included, takes the same time at any size. */
export class RandomSet<Item> {
  readonly #items: Item[] = []
  readonly #indices = new Map<Item, number>()

  get size(): number {
    return this.#items.length
  }

  add(item: Item): void {
    if (this.#indices.has(item)) return
    this.#indices.set(item, this.#items.length)
    this.#items.push(item)
  }

  delete(item: Item): void {
    const index = this.#indices.get(item)
    if (index === undefined) return
    this.#indices.delete(item)
    const last = this.#items.pop() as Item
    if (last === item) return
    this.#items[index] = last
    this.#indices.set(last, index)
  }

  /**
   * The items in random order, each once, worked out one by one as they are asked for. The set must not change
   * meanwhile. What a shuffle would have swapped is kept in a map, so the set itself is neither copied nor moved.
   */
  *draw(random: RandomSource): Generator<Item, void, undefined> {
    const moved = new Map<number, number>()
    for (let first = 0; first < this.#items.length; first++) {
      const pick = first + randomBelow(this.#items.length - first, random)
      const index = moved.get(pick) ?? pick
      moved.set(pick, moved.get(first) ?? first)
      yield this.#items[index] as Item
    }
  }
}
