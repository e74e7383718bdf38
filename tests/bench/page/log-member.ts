import { WebGroup } from 'skein'
import { SDK, type Log } from 'skein/log'
import { createBlocks } from './block-store.js'
import type { JoinOptions } from './member.js'

/** A member of a group that shares logs. */
export class LogMember {
  #group: WebGroup | null = null
  #sdk: SDK | null = null
  readonly #logs: Log[] = []

  async join({ signaling, room }: JoinOptions): Promise<void> {
    const group = new WebGroup({ signaling })
    await group.join(room)
    this.#group = group
    this.#sdk = new SDK({ group })
  }

  async untilLinked(): Promise<void> {
    const group = this.#group
    if (group === null) throw new Error('not joined')
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (group.neighbors.length > 0) resolve()
      }
      group.on('member:join', look)
      group.on('link:change', look)
      look()
    })
  }

  /** The URL of a log of so many blocks. */
  async offer(count: number, bytes: number): Promise<string> {
    const log = this.#open(null)
    for (let left = count; left > 0; left -= 100) await log.append(createBlocks(Math.min(left, 100), bytes))
    return log.url
  }

  /** Seconds from when nothing is known of the log until all of it is here, verified and stored. */
  async fetch(url: string, count: number): Promise<number> {
    const beganMs = performance.now()
    const log = this.#open(url)
    await log.download({ end: count })
    const spentMs = performance.now() - beganMs
    await log.close()
    return spentMs / 1_000
  }

  #open(address: string | null): Log {
    if (this.#sdk === null) throw new Error('has not joined')
    const log = new this.#sdk.Log(address)
    this.#logs.push(log)
    return log
  }
}
