/** What happened, line by line, folded into one number: two runs of a seed are the same when their digests are. */
export class Trace {
  lines = 0
  #low = 0x811c9dc5
  #high = 0x01234567
  readonly #print: ((line: string) => void) | null

  constructor(print: ((line: string) => void) | null = null) {
    this.#print = print
  }

  add(nowMs: number, line: string): void {
    this.lines++
    let low = this.#low ^ Math.floor(nowMs * 1000)
    let high = this.#high
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i)
      low = Math.imul(low ^ code, 0x01000193)
      high = Math.imul(high ^ code, 0x85ebca6b) + (high >>> 15)
    }
    this.#low = low
    this.#high = high | 0
    this.#print?.(`${nowMs.toFixed(3).padStart(11)}  ${line}`)
  }

  get digest(): string {
    return (this.#low >>> 0).toString(16).padStart(8, '0') + (this.#high >>> 0).toString(16).padStart(8, '0')
  }
}

/** Length and a sum over some of the bytes: enough to tell two frames apart in a trace. */
export const describeBytes = (bytes: Uint8Array): string => {
  let sum = bytes.length
  const stride = bytes.length <= 64 ? 1 : bytes.length >> 5
  for (let i = 0; i < bytes.length; i += stride) sum = (Math.imul(sum, 31) + (bytes[i] as number)) | 0
  return `${bytes.length}B#${(sum >>> 0).toString(16)}`
}
