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
  readonly #buffer = new ArrayBuffer(RELAY_RECEIVE_AT + KEY_BYTES)
  #hasRelay = false

  constructor({ send, receive, hash }: SessionSecrets) {
    this.#set(0, hash)
    this.#set(SEND_AT, send)
    this.#set(RECEIVE_AT, receive)
  }

  get mark(): Uint8Array {
    return this.#at(0, MARK_BYTES)
  }

  get hash(): Uint8Array {
    return this.#at(0, HASH_BYTES)
  }

  get secrets(): Directions {
    return this.#directions(SEND_AT)
  }

  /** Those for relayed frames; `derive` makes them when they are first needed. */
  relay(derive: () => Directions): Directions {
    if (!this.#hasRelay) {
      const { send, receive } = derive()
      this.#set(RELAY_SEND_AT, send)
      this.#set(RELAY_RECEIVE_AT, receive)
      this.#hasRelay = true
    }
    return this.#directions(RELAY_SEND_AT)
  }

  #directions(at: number): Directions {
    return { send: this.#at(at, KEY_BYTES), receive: this.#at(at + KEY_BYTES, KEY_BYTES) }
  }

  #at(at: number, size: number): Uint8Array {
    return new Uint8Array(this.#buffer, at, size)
  }

  #set(at: number, bytes: Uint8Array): void {
    this.#at(at, bytes.length).set(bytes)
  }
}
