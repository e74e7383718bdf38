/** The fields of a candidate line, as RFC 8839 section 5.1 orders them: foundation, component, transport, … */
const TRANSPORT = 2
const ADDRESS = 4
const TYPE = 7

/**
 * Lets one candidate through for each address of this host and transport. @roamhq/wrtc gathers the same addresses again
 * and again, on other ports, while many connections are made at once: over a hundred candidates each, which all say the
 * same and cost both sides and whoever carries them. Candidates that servers have found are all let through, since their
 * ports tell of different mappings.
 */
export class CandidateFilter {
  readonly #met = new Set<string>()

  isNew(candidate: string): boolean {
    const fields = candidate.split(' ')
    if (fields[TYPE] !== 'host') return true
    const name = `${fields[TRANSPORT]} ${fields[ADDRESS]}`
    if (this.#met.has(name)) return false
    this.#met.add(name)
    return true
  }
}
