import { SkeinError } from '../../errors.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { decodeSharedEntry } from '../../protocol/shared-entry.js'
import { encodeBase64url } from '../../util/base64url.js'
import { isClosed } from '../failures.js'
import type { Log } from '../log.js'
import type { StreamOptions } from '../options.js'
import type { WriterEntry } from './order.js'

/** Reads the log of one writer, as far as it is here without a gap. */
export class WriterLog {
  readonly log: Log
  readonly entries: WriterEntry[] = []
  /** How much of others its writer has said that it had seen. */
  readonly seen = new Map<string, number>()
  readonly #changed: () => void
  readonly #failed: (error: unknown) => void
  #isCaughtUp = false
  #isOver = false

  /** `changed` is called when there are more entries; `failed` when the log cannot be read any further. */
  constructor(log: Log, changed: () => void, failed: (error: unknown) => void) {
    this.log = log
    this.#changed = changed
    this.#failed = failed
    void this.#read()
  }

  /** Whether all was read that was here when it was opened, as far as it can be read. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp || this.#isOver
  }

  /** Whether nothing more is read of it: it is closed, or cannot be read any further. */
  get isOver(): boolean {
    return this.#isOver
  }

  async #read(): Promise<void> {
    try {
      await this.#readOn({ wait: false }).catch(passIfMissing)
      this.#isCaughtUp = true
      this.#changed()
      for (;;) await this.#readOn({ live: true }).catch(passIfMissing)
    } catch (error) {
      if (!isClosed(error)) this.#failed(error)
      this.#isOver = true
      this.#changed()
    }
  }

  async #readOn(options: StreamOptions): Promise<void> {
    for await (const block of this.log.createReadStream({ ...options, start: this.entries.length })) {
      const entry = entryOf(block)
      this.entries.push(entry)
      for (const { writer, length } of entry.seen) this.seen.set(writer, Math.max(length, this.seen.get(writer) ?? 0))
      this.#changed()
    }
  }
}

const MISSING: readonly unknown[] = ['block-missing', 'block-timeout', 'block-unavailable']

/** What nobody has now, somebody may have later. */
const passIfMissing = (error: unknown): void => {
  if (!(error instanceof SkeinError && MISSING.includes(error.code))) throw error
}

/** One that cannot be read is as one that says nothing to anybody: what follows has its place all the same. */
const nothing: WriterEntry = { seen: [], action: { type: 'value', value: new Uint8Array() }, whom: '' }

const entryOf = (block: Uint8Array): WriterEntry => {
  try {
    const { seen, action } = decodeSharedEntry(block)
    return {
      seen: seen.map(({ key, length }) => ({ writer: encodeBase64url(key), length })),
      action,
      whom: action.type === 'value' ? '' : encodeBase64url(action.key),
    }
  } catch (error) {
    if (error instanceof DecodeError) return nothing
    throw error
  }
}
