import type { BlockCipher } from '../crypto/index.js'
import { Queue } from '../util/queue.js'
import { again } from './failures.js'

/** What one commit takes beyond its first append: enough that its cost is spread thin, little enough to be held in memory twice. */
const MAX_COMMIT_BYTES = 8_388_608
const MAX_COMMIT_BLOCKS = 8_192

/** What the log was once an append was in it: in blocks, and in bytes as they are stored. */
export interface CommitResult {
  readonly size: number
  readonly byteLength: number
}

export interface Appending {
  readonly blocks: readonly Uint8Array[]
  /** `null` where blocks are kept as they are. */
  readonly cipher: BlockCipher | null
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers appends while a commit is under way, so that many cost little more than one: what the device takes for a commit hardly
 * depends on what is in it. An append is never parted.
 */
export class Committer {
  readonly #commit: (batch: readonly Appending[]) => Promise<void>
  readonly #waiting = new Queue<Appending>()
  #running: Promise<void> | null = null

  /** `commit` settles all of a batch; when it rejects instead, so do they. */
  constructor(commit: (batch: readonly Appending[]) => Promise<void>) {
    this.#commit = commit
  }

  push(appending: Appending): void {
    this.#waiting.push(appending)
    this.#running ??= this.#run()
  }

  /** Resolves when nothing waits and nothing is under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // So that those that are made in one go are in one commit, the first of them too.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#take()
      try {
        await this.#commit(batch)
      } catch (error) {
        batch.forEach(({ reject }, index) => reject(index === 0 ? error : again(error)))
      }
    }
    this.#running = null
  }

  #take(): Appending[] {
    const batch: Appending[] = []
    let [bytes, blocks] = [0, 0]
    for (let next = this.#waiting.first; next !== undefined; next = this.#waiting.first) {
      bytes += next.blocks.reduce((sum, block) => sum + block.length, 0)
      blocks += next.blocks.length
      if (batch.length > 0 && (bytes > MAX_COMMIT_BYTES || blocks > MAX_COMMIT_BLOCKS)) break
      batch.push(next)
      this.#waiting.shift()
    }
    return batch
  }
}
