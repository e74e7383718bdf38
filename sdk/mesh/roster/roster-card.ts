import { decodeRosterRecord, type Card, type RosterRecord } from '../../protocol/roster-record.js'

const none: readonly string[] = []

/** A card as it is kept: the record as it came, and what is looked at all the time. The rest is read when asked for. */
export class RosterCard {
  /** An array over it would hold as much again as half of it. */
  readonly #record: ArrayBuffer
  readonly receivedMs: number
  readonly version: number
  readonly capabilities: number
  readonly maxLinks: number
  readonly addresses: readonly string[]

  constructor(record: ArrayBuffer, receivedMs: number, { version }: RosterRecord, content: Card) {
    this.#record = record
    this.receivedMs = receivedMs
    this.version = version
    this.capabilities = content.capabilities
    this.maxLinks = content.maxLinks
    this.addresses = content.addresses.length === 0 ? none : content.addresses
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#record)
  }

  get content(): Card {
    return decodeRosterRecord(this.bytes).content as Card
  }
}
