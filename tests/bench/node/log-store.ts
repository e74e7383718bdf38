/** What the figures of logs in Node measure of either side. */
export interface NodeLog {
  /** Resolves when all of it would outlast a power cut. */
  readonly append: (blocks: readonly Uint8Array[]) => Promise<unknown>
  /** As the side does it when nobody asks for more, where that is something else. */
  readonly appendLoosely?: (blocks: readonly Uint8Array[]) => Promise<unknown>
  /** Fetches all of it into another folder, over a pair of streams in memory; resolves with a `close` when it is there, verified and stored. */
  replicateTo(folder: string): Promise<() => Promise<void>>
  close(): Promise<void>
}

export type OpenNodeLog = (folder: string) => Promise<NodeLog>
