/**
 * Whom a member lists, each with its round-trip class, which is a byte: those are kept as a text of as many characters.
 * A `Map` of both takes four times as much.
 */
export class NeighborList {
  readonly #ids: readonly string[]
  readonly #rttClasses: string

  constructor(ids: readonly string[], rttClasses: readonly number[]) {
    this.#ids = ids
    this.#rttClasses = String.fromCharCode(...rttClasses)
  }

  get size(): number {
    return this.#ids.length
  }

  has(id: string): boolean {
    return this.#ids.includes(id)
  }

  get(id: string): number | undefined {
    const at = this.#ids.indexOf(id)
    return at < 0 ? undefined : this.#rttClasses.charCodeAt(at)
  }

  forEach(visit: (id: string, rttClass: number) => void): void {
    this.#ids.forEach((id, index) => {
      visit(id, this.#rttClasses.charCodeAt(index))
    })
  }
}
