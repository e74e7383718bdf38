import { concatBytes } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { Reader } from './reader.js'

/**
 * TILE = version u8 = 1 | presence 16 | nodes, 32 each
 *
 * Those of 126 nodes of a tree that are known though the blocks that complete them are not here: six levels below one node, from
 * the lowest up, left to right. Bit i of presence, lowest first, says whether node i is one of them.
 */
const VERSION = 1
const NODE_BYTES = 32
const PRESENCE_BYTES = 16
export const TILE_NODES = 126

/** By place in the tile. */
export type LogTile = ReadonlyMap<number, Uint8Array>

export const encodeLogTile = (tile: LogTile): Uint8Array => {
  const presence = new Uint8Array(PRESENCE_BYTES)
  const places = [...tile.keys()].sort((one, other) => one - other)
  for (const place of places) presence[place >> 3] = (presence[place >> 3] as number) | (1 << (place & 7))
  return concatBytes(Uint8Array.of(VERSION), presence, ...places.map((place) => tile.get(place) as Uint8Array))
}

/** Its bytes are views of `bytes`. */
export const decodeLogTile = (bytes: Uint8Array): LogTile => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown log tile version')
  const presence = reader.bytes(PRESENCE_BYTES)
  if ((presence.at(-1) as number) >> (TILE_NODES & 7) !== 0) throw new DecodeError('bad presence')
  const tile = new Map<number, Uint8Array>()
  for (let place = 0; place < TILE_NODES; place++) {
    if ((((presence[place >> 3] as number) >> (place & 7)) & 1) === 1) tile.set(place, reader.bytes(NODE_BYTES))
  }
  reader.end()
  return tile
}
