/**
 * What happened. Lines are for reading and made only where somebody reads; what is noted of every step is folded into
 * one number: two runs of a seed are the same when their digests are.
 */
export class Trace {
  notes = 0
  #low = 0x811c9dc5
  #high = 0x01234567
  readonly #print: ((line: string) => void) | null

  constructor(print: ((line: string) => void) | null = null) {
    this.#print = print
  }

  get isRead(): boolean {
    return this.#print !== null
  }

  line(nowMs: number, line: string): void {
    this.#print?.(`${nowMs.toFixed(3).padStart(11)}  ${line}`)
  }

  note(nowMs: number, who: number, what: number): void {
    this.notes++
    const low = Math.imul(this.#low ^ Math.floor(nowMs * 1000) ^ (who << 24), 0x01000193) ^ what
    this.#low = low
    this.#high = Math.imul(this.#high ^ low, 0x85ebca6b) + (low >>> 15)
  }

  get digest(): string {
    return (this.#low >>> 0).toString(16).padStart(8, '0') + (this.#high >>> 0).toString(16).padStart(8, '0')
  }
}

/** A sum over some of the bytes: enough to tell two frames apart. */
export const sumOf = (bytes: Uint8Array): number => {
  let sum = bytes.length
  const stride = bytes.length <= 16 ? 1 : bytes.length >> 4
  for (let i = bytes.length - 1; i >= 0; i -= stride) sum = (Math.imul(sum, 31) + (bytes[i] as number)) | 0
  return sum
}

export const describeBytes = (bytes: Uint8Array): string => `${bytes.length}B#${(sumOf(bytes) >>> 0).toString(16)}`
