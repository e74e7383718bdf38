import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SkeinError, type WebGroup } from '../sdk/index.js'
import { deviceStorage, Log, SDK, type Store } from '../sdk/log/index.js'

/** As many as an `SDK` lists: more could not be found again. */
const MAX_LOGS = 1_024
/** After a log could not be opened or remembered. */
const RETRY_MS = 60_000
/** The log of this device alone that has the URLs of the others. */
const INDEX = 'archive'

export interface GroupArchiveOptions {
  readonly group: WebGroup
  /** Below which the group has a folder. */
  readonly dir: string
  readonly report: (error: unknown) => void
  /** @default 60_000 */
  readonly retryMs?: number | undefined
}

/**
 * Everything that the members of one group list, kept in one storage from when the group is joined until it is left. What is kept is
 * listed in turn, that of earlier joins too: its URL is written down before its first block is. It keeps its place when nobody else lists it any more.
 */
export class GroupArchive {
  /** Resolves when the group is left and nothing is open any more. Never rejects. */
  readonly closed: Promise<void>
  readonly #options: GroupArchiveOptions
  readonly #left = new AbortController()
  readonly #stores = new Set<Store>()
  readonly #urls = new Set<string>()
  readonly #keeping = new Set<Promise<void>>()
  #isFull = false

  constructor(options: GroupArchiveOptions) {
    this.#options = options
    const { group } = options
    this.closed = new Promise((resolve) => {
      let running = Promise.resolve()
      let isRunning = false
      group.on('state:change', ({ next }) => {
        if (next === 'joined' && !isRunning) {
          isRunning = true
          running = this.#run()
        }
        if (next !== 'left') return
        this.#left.abort()
        void running.then(resolve)
      })
    })
  }

  async #run(): Promise<void> {
    const { group, dir, report } = this.#options
    const storage = deviceStorage(join(dir, group.id))
    const index = new Log(INDEX, { storage, valueEncoding: 'utf-8' })
    const sdk = new SDK({ group, storage })
    try {
      const known = new Set<string>()
      const remember = async (url: string): Promise<void> => {
        if (!known.has(url)) await index.append(url)
        known.add(url)
      }
      for await (const url of index.createReadStream()) known.add(url)
      for (const url of known) this.#take(sdk, url, remember)
      for await (const url of sdk.watch({ signal: this.#left.signal })) this.#take(sdk, url, remember)
    } catch (error) {
      // What is kept already goes on.
      if (!this.#isOver()) report(describe('logs of a group cannot be kept', error))
      await this.#untilLeft()
    }
    sdk.close()
    await Promise.all(this.#keeping)
    await Promise.all([...this.#stores, index].map((each) => each.close()))
  }

  #isOver(): boolean {
    return this.#left.signal.aborted
  }

  #untilLeft(): Promise<void> {
    const { signal } = this.#left
    return new Promise((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve())
    })
  }

  #take(sdk: SDK, url: string, remember: (url: string) => Promise<unknown>): void {
    if (this.#urls.has(url)) return
    if (this.#urls.size === MAX_LOGS) {
      // Once: a member may list others all the time.
      if (!this.#isFull) this.#options.report(new Error(`a log is not kept: its group has ${MAX_LOGS} others here`))
      this.#isFull = true
      return
    }
    this.#urls.add(url)
    const keeping = this.#keep(sdk, url, remember)
    this.#keeping.add(keeping)
    void keeping.then(() => this.#keeping.delete(keeping))
  }

  /** Tries again until it is kept; each reason why it is not is told once. */
  async #keep(sdk: SDK, url: string, remember: (url: string) => Promise<unknown>): Promise<void> {
    const { report, retryMs = RETRY_MS } = this.#options
    const { signal } = this.#left
    const told = new Set<unknown>()
    let isRemembered = false
    while (!this.#isOver()) {
      try {
        // First: what others are told to be safe here must be found again by this process's successor.
        if (!isRemembered) await remember(url)
        isRemembered = true
        this.#stores.add(await this.#open(sdk, url, remember))
        return
      } catch (error) {
        if (this.#isOver()) return
        const reason: unknown = (error as { readonly code?: unknown }).code
        if (!told.has(reason)) report(describe('a log cannot be kept', error))
        told.add(reason)
        await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }

  /** A log may be the default one of a store: then what the store lists is kept, too. */
  async #open(sdk: SDK, url: string, remember: (url: string) => Promise<unknown>): Promise<Store> {
    const { report } = this.#options
    const store = new sdk.Store(url)
    const log = store.default(null, { listed: true })
    log.on('log:fork', () => {
      report(new SkeinError('log-forked', `log ${log.id} is kept as it is: its writer has signed two histories`))
    })
    try {
      await log.ready()
    } catch (error) {
      await store.close()
      throw error
    }
    log.on('error', ({ error }) => report(describe(`log ${log.id} cannot be kept`, error)))
    void this.#follow(sdk, store, remember)
    return store
  }

  async #follow(sdk: SDK, store: Store, remember: (url: string) => Promise<unknown>): Promise<void> {
    try {
      for await (const { url } of store.watch({ signal: this.#left.signal })) this.#take(sdk, url, remember)
    } catch (error) {
      if (!this.#isOver()) this.#options.report(describe('a store cannot be followed', error))
    }
  }
}

/** Without its URL, which is all that it takes to read a log. */
const describe = (what: string, error: unknown): Error => {
  const message = `${what}: ${error instanceof Error ? error.message : String(error)}`
  return error instanceof SkeinError
    ? new SkeinError(error.code, message, { cause: error })
    : new Error(message, { cause: error })
}
