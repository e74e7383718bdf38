import { createContentHash } from '../../../sdk/crypto/content-hash.js'
import { loadSodium } from '../../../sdk/crypto/sodium.js'
import type { DuplexOpened } from '../../../sdk/transfer/duplexes.js'
import type { FileOffer } from '../../../sdk/transfer/file-offer.js'
import { TransferTraffic } from '../../../sdk/transfer/traffic.js'
import { Transfers } from '../../../sdk/transfer/transfers.js'
import { createFakePlatform } from '../../support/fake-platform.js'
import { FakeNetwork, type FakeHub } from '../../support/fake-transfer-hub.js'
import { Random } from '../../support/random.js'

/** Calls that each wait for the next of what comes. */
class Arrivals<Item> {
  readonly all: Item[] = []
  readonly #waiting: ((item: Item) => void)[] = []
  #next = 0

  push(item: Item): void {
    this.all.push(item)
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return
    this.#next++
    waiting(item)
  }

  next(): Promise<Item> {
    const item = this.all[this.#next]
    if (item === undefined) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#next++
    return Promise.resolve(item)
  }
}

export interface Member {
  readonly id: string
  readonly hub: FakeHub
  readonly transfers: Transfers
  readonly offers: Arrivals<FileOffer>
  readonly duplexes: Arrivals<DuplexOpened>
  /** What its application listens for. */
  readonly listens: { files: boolean; duplexes: boolean }
  /** What keeps it from loading its hash. */
  readonly hash: { error: Error | null }
  /** Hashes that hold memory. */
  readonly openHashes: () => number
}

export const setup = (...ids: readonly string[]) => {
  const network = new FakeNetwork()
  const fake = createFakePlatform()
  const random = new Random('ids')
  const members = ids.map((id): Member => {
    const hub = network.join(id)
    const offers = new Arrivals<FileOffer>()
    const duplexes = new Arrivals<DuplexOpened>()
    const listens = { files: true, duplexes: true }
    const { deps, openHashes, hash } = createDeps(fake.platform, random)
    const transfers = new Transfers(hub, deps.randomBytes)
    const traffic = new TransferTraffic(
      hub,
      {
        hasFileListener: () => listens.files,
        file: (offer) => offers.push(offer),
        hasDuplexListener: () => listens.duplexes,
        duplex: (opened) => duplexes.push(opened),
      },
      deps,
    )
    transfers.start(traffic)
    return { id, hub, transfers, offers, duplexes, listens, openHashes, hash }
  })
  return { network, advance: (ms: number) => fake.advance(ms), fake, members: members as [Member, Member, ...Member[]] }
}

const createDeps = (platform: ReturnType<typeof createFakePlatform>['platform'], random: Random) => {
  let open = 0
  const state: Member['hash'] = { error: null }
  return {
    hash: state,
    openHashes: () => open,
    deps: {
      now: () => platform.now(),
      setTimer: (ms: number, fn: () => void) => platform.setTimer(ms, fn),
      randomBytes: (size: number) => Uint8Array.from({ length: size }, () => random.uint32() & 0xff),
      loadHash: async () => {
        if (state.error !== null) throw state.error
        const hash = createContentHash(await loadSodium())
        open++
        let isOpen = true
        const close = () => {
          if (isOpen) open--
          isOpen = false
        }
        return {
          update: (bytes: Uint8Array) => hash.update(bytes),
          finish: () => {
            close()
            return hash.finish()
          },
          free: () => {
            close()
            hash.free()
          },
        }
      },
    },
  }
}

/** Lets everything that can go on without time passing go on. */
export const settle = async (turns = 40): Promise<void> => {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Bytes that differ from place to place. */
export const pattern = (size: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8) * 7) & 0xff
  return bytes
}

export const streamOf = (...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

export const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<Uint8Array> => {
  const reader = stream.getReader()
  const parts: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Uint8Array(Buffer.concat(parts))
    parts.push(value)
  }
}

/** What a promise rejects with; throws if it does not. */
export const failureOf = async (promise: PromiseLike<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
