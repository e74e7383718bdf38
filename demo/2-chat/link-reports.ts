/**
 * Who is linked with whom, as far as members have said. A member knows its own links only, so each page tells the
 * others of its own; the newest report of each counts.
 */
export class LinkReports {
  readonly #neighborsOf = new Map<string, ReadonlySet<string>>()

  set(from: string, neighbors: readonly string[]): void {
    this.#neighborsOf.set(from, new Set(neighbors))
  }

  forget(id: string): void {
    this.#neighborsOf.delete(id)
  }

  /** One that has said nothing, as bots do, does not contradict the other. */
  areLinked(a: string, b: string): boolean {
    const [ofA, ofB] = [this.#neighborsOf.get(a), this.#neighborsOf.get(b)]
    if (ofA === undefined && ofB === undefined) return false
    return (ofA?.has(b) ?? true) && (ofB?.has(a) ?? true)
  }
}

const maxLinks = 256
const idLength = 64

/** The ids that a member says it is linked with; `null` for what is no such list: other pages may send whatever they like. */
export const readLinks = (value: unknown): readonly string[] | null => {
  const isId = (id: unknown): id is string => typeof id === 'string' && id.length <= idLength
  return Array.isArray(value) && value.length <= maxLinks && value.every(isId) ? value : null
}
