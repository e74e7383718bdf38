import { equalBytes } from '../util/bytes.js'

/** Keeps one member at the newest of something: what is outdated before it could be sent never is. */
export class Teller {
  readonly #send: (bytes: Uint8Array) => Promise<boolean>
  /** What the member has when it was told nothing. */
  readonly #nothing: Uint8Array
  #newest: Uint8Array
  #told: Uint8Array | null
  #telling: Promise<void> | null = null

  /** `send` gives whether it was delivered; when it rejects there is nobody to tell any more. */
  constructor(nothing: Uint8Array, send: (bytes: Uint8Array) => Promise<boolean>) {
    this.#nothing = this.#newest = this.#told = nothing
    this.#send = send
  }

  /** Resolves when the member has this or what is newer, or will never have any. */
  tell(bytes: Uint8Array): Promise<void> {
    this.#newest = bytes
    this.#telling ??= this.#run().finally(() => {
      this.#telling = null
    })
    return this.#telling
  }

  /** The member has lost it all. */
  reset(): void {
    this.#newest = this.#told = this.#nothing
  }

  async #run(): Promise<void> {
    // What changes in one task is told at once.
    await Promise.resolve()
    while (this.#told === null || !equalBytes(this.#told, this.#newest)) {
      const bytes = this.#newest
      this.#told = bytes
      try {
        // A copy, since a stream keeps what it is given.
        if (!(await this.#send(bytes.slice())) && this.#told === bytes) this.#told = null
      } catch {
        return
      }
    }
  }
}
