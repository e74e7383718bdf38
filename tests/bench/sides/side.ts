import type { FigureId } from '../figures/figure.js'
import type { Server } from '../servers/start.js'

/** What the bench compares. What it does in a page is in `page/<name>.ts`. */
export interface Side {
  readonly name: SideName
  readonly title: string
  /** It keeps blocks, and meets nobody: only figures that name it are about it. */
  readonly keeps?: true
  startServer(): Promise<Server>
  /** A name for a room of its own. */
  createRoom(): string
  /** The bytes that an application has to load for it. */
  readonly weight: Weight
  /** Figures that it has no part in, and why. */
  readonly cannot?: Partial<Record<FigureId, string>>
}

export type SideName =
  'bare' | 'simple-peer' | 'trystero' | 'peerjs' | 'y-webrtc' | 'indexeddb' | 'opfs' | 'hypercore' | 'skein'

/** Nothing, packages to be bundled, or what is built already: the module a page begins with, and all in one file. */
export type Weight =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'packages'; readonly names: readonly string[] }
  | { readonly kind: 'built'; readonly entry: string; readonly all: string }

let rooms = 0

/** Letters and digits alone: what all of them take. */
export const numberedRoom = (): string => `room${Date.now().toString(36)}x${++rooms}`
