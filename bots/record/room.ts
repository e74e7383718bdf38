/** How much may be written at all; shared by all recordings of a process. */
export class Space {
  #left: number

  constructor(maxBytes: number) {
    this.#left = maxBytes
  }

  get isFull(): boolean {
    return this.#left <= 0
  }

  take(bytes: number): boolean {
    if (bytes <= this.#left) {
      this.#left -= bytes
      return true
    }
    // So that nothing small slips in behind.
    this.#left = 0
    return false
  }
}

/** Memory for what waits to be written: of one track, within that of all. */
export class Room {
  readonly #maxBytes: number
  readonly #within: Room | null
  #taken = 0

  constructor(maxBytes: number, within: Room | null = null) {
    this.#maxBytes = maxBytes
    this.#within = within
  }

  has(bytes: number): boolean {
    return this.#taken + bytes <= this.#maxBytes && (this.#within?.has(bytes) ?? true)
  }

  take(bytes: number): void {
    this.#taken += bytes
    this.#within?.take(bytes)
  }

  giveBack(bytes: number): void {
    this.take(-bytes)
  }
}
