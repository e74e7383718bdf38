/** What the bench uses of hypercore, which declares no types. */
declare module 'hypercore' {
  import type { Duplex } from 'node:stream'

  // eslint-disable-next-line no-restricted-syntax -- that is how it exports it
  export default class Hypercore {
    readonly key: Buffer
    readonly length: number
    readonly core: {
      readonly storage: { readonly db: { currentWalFile(): Promise<{ readonly path: string }> } }
    }
    constructor(folder: string, key?: Buffer)
    ready(): Promise<void>
    append(blocks: readonly Uint8Array[]): Promise<unknown>
    replicate(isInitiator: boolean): Duplex
    download(range: { readonly start: number; readonly end: number }): { done(): Promise<void> }
    close(): Promise<void>
  }
}
