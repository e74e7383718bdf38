import { createNoise } from './noise.js'

/** What keeps blocks in a page, and the ways that are measured of it. */
export interface BlockStore {
  /** Resolves when all are durable. */
  append(blocks: readonly Uint8Array<ArrayBuffer>[]): Promise<void>
  /** Each as if it came alone: by a call or a transaction of its own, in each way that there is. Resolves when all are durable. */
  readonly oneByOne: readonly ((blocks: readonly Uint8Array<ArrayBuffer>[]) => Promise<void>)[]
  /** The bytes of the blocks from `start` up to and without `end`. */
  read(start: number, end: number): Promise<number>
  readOne(index: number): Promise<number>
}

/** Keeps them under a name that nothing has been kept under. */
export type OpenStore = (name: string) => Promise<BlockStore>

/** Blocks of no pattern, no two alike. */
export const createBlocks = (count: number, bytes: number): Uint8Array<ArrayBuffer>[] =>
  Array.from({ length: count }, (_, index) => createNoise(bytes, index + 1))
