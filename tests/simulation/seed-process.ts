/** One of the processes that run seeds for `run-many.ts`. */
import type { Piece } from './run-many.js'
import { runSeeds } from './run-seeds.js'

process.on('message', ({ from, count, options }: Piece) => {
  process.send?.(runSeeds(from, count, options))
})
