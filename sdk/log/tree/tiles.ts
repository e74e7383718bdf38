import type { NodePosition } from './positions.js'

const LEVELS = 6

/** Six levels of a tree below one node: 126 nodes that proofs of neighbouring blocks have in common. */
export interface TilePlace {
  /** Of tiles: 0 is that of the leaves. */
  readonly level: number
  readonly index: number
}

export interface NodePlace {
  readonly tile: TilePlace
  /** In the tile: the lowest level first, left to right. */
  readonly place: number
}

export const placeInTile = ({ level, index }: NodePosition): NodePlace => {
  const row = level % LEVELS
  const width = 2 ** (LEVELS - row)
  const tile = { level: Math.floor(level / LEVELS), index: Math.floor(index / width) }
  return { tile, place: 128 - 2 * width + (index % width) }
}
