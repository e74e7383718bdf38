import type { Links, RosterRecord } from '../../protocol/roster-record.js'
import type { NeighborList } from './neighbor-list.js'

/** A links record as it is kept. */
export class RosterLinks {
  readonly version: number
  readonly gone: boolean
  readonly away: boolean
  readonly neighbors: NeighborList
  readonly receivedMs: number
  /** An array over it would hold as much again as half of it. */
  readonly #record: ArrayBuffer

  constructor(
    record: ArrayBuffer,
    receivedMs: number,
    { version, gone, away }: Pick<RosterRecord & Links, 'version' | 'gone' | 'away'>,
    neighbors: NeighborList,
  ) {
    this.#record = record
    this.receivedMs = receivedMs
    this.version = version
    this.gone = gone
    this.away = away
    this.neighbors = neighbors
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#record)
  }

  /** The same, as if it had come then. */
  receivedAt(nowMs: number): RosterLinks {
    return new RosterLinks(this.#record, nowMs, this, this.neighbors)
  }
}
