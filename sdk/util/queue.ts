/** Gaps at the front are closed when there are so many of them, and at least as many as items. */
const LEAST_GAP = 64

/**
 * First in, first out. `shift` of an array moves all that is left, which takes seconds for the tens of thousands of small
 * things that somebody else may make me hold.
 */
export class Queue<Item> {
  #items: (Item | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head >= LEAST_GAP && this.#head >= this.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
