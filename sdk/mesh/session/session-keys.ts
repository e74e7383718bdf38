import type { SessionSecrets } from '../../crypto/suite.js'

const HASH_BYTES = 64
const KEY_BYTES = 32
const MARK_BYTES = 8
const SEND_AT = HASH_BYTES
const RECEIVE_AT = SEND_AT + KEY_BYTES
const RELAY_SEND_AT = RECEIVE_AT + KEY_BYTES
const RELAY_RECEIVE_AT = RELAY_SEND_AT + KEY_BYTES

/** One key for each direction. */
export interface Directions {
  readonly send: Uint8Array
  readonly receive: Uint8Array
}

/**
 * What a handshake left, and the keys for relayed frames once they are derived, in one buffer: an array of its own for
 * each costs more than the key in it, and there is a session with every member of a large group.
 */
export class SessionKeys {
  readonly #bytes = new Uint8Array(RELAY_RECEIVE_AT + KEY_BYTES)
  #hasRelay = false

  constructor({ send, receive, hash }: SessionSecrets) {
    this.#bytes.set(hash)
    this.#bytes.set(send, SEND_AT)
    this.#bytes.set(receive, RECEIVE_AT)
  }

  get mark(): Uint8Array {
    return this.#bytes.subarray(0, MARK_BYTES)
  }

  get hash(): Uint8Array {
    return this.#bytes.subarray(0, HASH_BYTES)
  }

  get secrets(): Directions {
    return this.#directions(SEND_AT)
  }

  /** Those for relayed frames; `derive` makes them when they are first needed. */
  relay(derive: () => Directions): Directions {
    if (!this.#hasRelay) {
      const { send, receive } = derive()
      this.#bytes.set(send, RELAY_SEND_AT)
      this.#bytes.set(receive, RELAY_RECEIVE_AT)
      this.#hasRelay = true
    }
    return this.#directions(RELAY_SEND_AT)
  }

  #directions(at: number): Directions {
    const middle = at + KEY_BYTES
    return { send: this.#bytes.subarray(at, middle), receive: this.#bytes.subarray(middle, middle + KEY_BYTES) }
  }
}
