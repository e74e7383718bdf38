import type { Side, SideName } from '../sides/side.js'
import type { World } from '../world.js'

/** The names that `--only` takes. */
export type FigureId =
  | 'join'
  | 'bulk'
  | 'one-message'
  | 'small'
  | 'rtt'
  | 'mesh'
  | 'broadcast'
  | 'signaling'
  | 'gone'
  | 'heap'
  | 'size'
  | 'page-to-node'
  | 'node-mesh'
  | 'handshake'
  | 'relay'
  | 'engine'
  | 'roster-memory'
  | 'failover'
  | 'file'
  | 'file-to-node'
  | 'file-heap'
  | 'file-heap-node'
  | 'urgent'
  | 'many-files'
  | 'updates'
  | 'requests'
  | 'media'
  | 'media-heap'
  | 'logs-append'
  | 'logs-read'
  | 'logs-replicate'
  | 'logs-node'
  | 'logs-open'

/** What the bench takes as its arguments: figures that belong together. */
export const groups = ['mesh', 'logs'] as const
export type Group = (typeof groups)[number]

/** A number, several that were taken in different ways (the way with the best median counts), or why there is none. */
export type Reading = number | readonly number[] | string

/** One line of the table. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly better: 'more' | 'less'
  /** The side that ratios are to. @default 'bare' */
  readonly reference?: SideName
  /** What skein is to reach: a limit for its ratio to the reference or to the best of the peers, or for the value. */
  readonly goal?: { readonly of: 'ratio' | 'best' | 'value'; readonly limit: number }
}

/** Something that is measured, for one side at a time. */
export interface Figure {
  readonly id: FigureId
  /** @default 'mesh' */
  readonly group?: Group
  /** @default all that meet */
  readonly sides?: readonly SideName[]
  readonly rows: readonly Row[]
  /** For figures that hardly vary or take long: at most so many rounds. */
  readonly maxRounds?: number
  /** Runs only with `--long`. */
  readonly long?: true
  /** Mostly waits, so that all sides can do so at the same time. */
  readonly together?: true
  /** By the ids of the rows. */
  run(side: Side, world: World): Promise<Readonly<Record<string, Reading>>>
}
