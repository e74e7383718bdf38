import { MAX_LOG_BLOCKS } from '../protocol/limits.js'
import { callBack, splitCallback, type Callback } from '../util/callback.js'
import { watch } from '../util/watch.js'
import type { Core } from './core.js'
import { again, blockMissing, blockTimeout, wrongKey } from './failures.js'
import { limited, type Limits } from './limited.js'
import {
  checkIndex,
  checkWhole,
  readStreamOptions,
  readWaitOptions,
  type StreamOptions,
  type Waiting,
  type WaitOptions,
} from './options.js'
import { createStream, type LogStream } from './read-stream.js'
import { seekByte, walkTo, type BytePlace } from './seek.js'
import type { Opened, Session } from './session.js'
import type { ValueCodec, ValueEncoding, ValueTypes } from './values.js'

/** How long a log is, and in bytes. */
export interface Extent {
  readonly length: number
  readonly byteLength: number
}

export interface ViewParts<Encoding extends ValueEncoding> {
  readonly session: Session
  readonly codec: ValueCodec<Encoding>
  /** Where it ends, for one that does not grow; `null` for one that does. */
  readonly fixed: Extent | null
  readonly report: (error: unknown) => void
}

/** What can be read of a log. */
export class LogView<Encoding extends ValueEncoding = ValueEncoding> {
  readonly #parts: ViewParts<Encoding>

  /** Made by `Log`. */
  constructor(parts: ViewParts<Encoding>) {
    this.#parts = parts
  }

  /** How many blocks it has, here or elsewhere; 0 before it is open. */
  get length(): number {
    return this.#extent?.length ?? 0
  }

  /**
   * The bytes of all values as they are encoded; 0 before it is open, and of the log of another device as long as not all of its blocks
   * are here. Without the key of an encrypted log, 40 more for each.
   */
  get byteLength(): number {
    return this.#extent?.byteLength ?? 0
  }

  get #extent(): Extent | null {
    const { fixed, session } = this.#parts
    return fixed ?? (session.known && extentOf(session.known))
  }

  /**
   * The value of a block. One that is not on this device is waited for: until it is appended, or comes from somebody who has it.
   *
   * Rejects `block-missing` when it does not wait, `block-unavailable` when there are peers of the log and none of them has had the block for
   * 3 s, `block-timeout` after `timeoutMs`, `log-damaged` when the bytes on this device are not
   * those that were appended, `value-invalid` for a value of another encoding, `encryption-key-wrong` for one that does not open under
   * the key of this handle, `closed`, `storage-lost`, and with the signal's reason. Throws a `TypeError` or `RangeError` for
   * bad arguments.
   */
  get(
    index: number,
    options?: WaitOptions | Callback<ValueTypes[Encoding]>,
    callback?: Callback<ValueTypes[Encoding]>,
  ): Promise<ValueTypes[Encoding]> {
    const action = 'block could not be read'
    const at = checkIndex(action, 'index', index)
    const call = splitCallback(options, callback)
    const waiting = readWaitOptions(action, call.options ?? {})
    const got = this.#run(waiting.signal, this.#timeout(at, waiting), (signal) => this.#get(at, waiting.wait, signal))
    return callBack(got, call.callback, this.#parts.report)
  }

  /** The last value as it is now; `undefined` while the log is empty. Rejects as `get` does. */
  head(options: WaitOptions = {}): Promise<ValueTypes[Encoding] | undefined> {
    const waiting = readWaitOptions('block could not be read', options)
    return this.#run(waiting.signal, this.#timeout(this.length - 1, waiting), async (signal) => {
      const { length } = await this.#open()
      return length === 0 ? undefined : this.#get(length - 1, waiting.wait, signal)
    })
  }

  /** Whether all blocks from `start` up to and without `end` (`start + 1` when not given) are on this device. */
  has(start: number, end: number = start + 1): Promise<boolean> {
    const action = 'blocks could not be looked for'
    const from = checkIndex(action, 'start', start)
    const to = checkWhole(action, 'end', end, MAX_LOG_BLOCKS)
    return this.#run(undefined, null, async () => {
      const { opened, length } = await this.#open()
      return to <= length && hasAll(opened.core, from, to)
    })
  }

  /**
   * Where a byte is, counted over the values of all blocks as `byteLength` does. The one behind the last is at the begin of the next
   * block. Of the log of another device that is found as far as blocks were here, one behind the other from the first on.
   *
   * Rejects with a `RangeError` for one beyond, with `block-missing` for one behind a block that never was here, and with `log-damaged`.
   */
  seek(byte: number): Promise<BytePlace> {
    const action = 'byte could not be found'
    const at = checkWhole(action, 'byte', byte, Number.MAX_SAFE_INTEGER)
    return this.#run(undefined, null, async () => {
      const { opened, length, byteLength } = await this.#open()
      const { core, overhead } = opened
      if (at < byteLength) return seekByte(core.records, length, overhead, at)
      const place = byteLength > 0 ? { bytes: byteLength } : await walkTo(core.records, length, overhead, at)
      if ('index' in place) return place
      if (at === place.bytes) return { index: length, offset: 0 }
      throw new RangeError(`${action}: "${at}" is beyond the ${place.bytes} bytes of the log`)
    })
  }

  /**
   * The values from `start` on, in order, as a stream that can be iterated. It reads as fast as it is read. With `live` it goes on with
   * what is appended, without a time limit, until it is cancelled or left, or its signal aborts; it errors as `get` rejects.
   */
  createReadStream(options: StreamOptions = {}): LogStream<ValueTypes[Encoding]> {
    const streaming = readStreamOptions('log could not be read', options)
    const run = <Value>(
      signal: AbortSignal,
      timeout: Limits['timeout'],
      work: (signal: AbortSignal) => Promise<Value>,
    ): Promise<Value> =>
      limited({ signals: [signal, streaming.signal], ending: this.#parts.session.ending, timeout }, work)
    return createStream(
      {
        length: (signal) => run(signal, null, async () => (await this.#open()).length),
        grown: (length, signal) =>
          run(signal, null, async (ended) => {
            const { opened } = await this.#open()
            const growth = opened.core.waits.until(length, ended)
            if (opened.core.state.size <= length) await growth
            else growth.catch(() => undefined)
          }),
        get: (index, signal) =>
          run(signal, this.#timeout(index, streaming), (ended) => this.#get(index, streaming.wait, ended)),
        row: (index, end, records, signal) =>
          run(signal, null, async () => {
            const { opened, length } = await this.#open()
            const row = await opened.core.row(index, Math.min(end, length), records)
            return row.map((block) => () => this.#valueOf(opened, block.index, block.read()))
          }),
        assertGoing: () => {
          streaming.signal?.throwIfAborted()
          const { reason } = this.#parts.session.ending
          if (reason !== null) throw again(reason)
        },
      },
      streaming,
    )
  }

  /** Ends this handle: what waits by it rejects `closed`. Resolves when nothing of it is open; others go on. Idempotent; never rejects. */
  close(): Promise<void> {
    return this.#parts.session.close()
  }

  async #open(): Promise<Extent & { readonly opened: Opened }> {
    const opened = await this.#parts.session.open()
    return { opened, ...(this.#parts.fixed ?? extentOf(opened)) }
  }

  #timeout(index: number, { timeoutMs, wait }: Waiting): Limits['timeout'] {
    return wait ? { ms: timeoutMs, error: () => blockTimeout(index, timeoutMs) } : null
  }

  async #get(index: number, wait: boolean, signal: AbortSignal): Promise<ValueTypes[Encoding]> {
    const { opened, length } = await this.#open()
    // It never will be.
    if (this.#parts.fixed !== null && index >= length) throw blockMissing(index)
    let block = await opened.core.block(index)
    while (block === null) {
      if (!wait) throw blockMissing(index)
      // Before it is looked for once more, so that nothing comes in between.
      const arrival = opened.core.waits.until(index, signal)
      arrival.catch(() => undefined)
      block = await opened.core.block(index)
      if (block !== null) break
      await arrival
      block = await opened.core.block(index)
    }
    return this.#valueOf(opened, index, block)
  }

  #valueOf({ cipher }: Opened, index: number, block: Uint8Array): ValueTypes[Encoding] {
    const bytes = cipher === null ? block : cipher.open(index, block)
    if (bytes !== null) return this.#parts.codec.decode(bytes)
    throw wrongKey('block could not be read', `"${index}" does not open under this key`)
  }

  #run<Value>(
    signal: AbortSignal | undefined,
    timeout: Limits['timeout'],
    work: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const { session, report } = this.#parts
    return watch(report, signal, () => limited({ signals: [signal], ending: session.ending, timeout }, work))
  }
}

const extentOf = ({ core, overhead }: Opened): Extent => {
  const { size, end } = core.state
  return { length: size, byteLength: 'error' in end || end.byteLength === 0 ? 0 : end.byteLength - overhead * size }
}

const hasAll = async (core: Core, start: number, end: number): Promise<boolean> => {
  let next = start
  for await (const read of core.records.from(start, end)) {
    if (!('record' in read) || read.first > next) return false
    const { first, blocks } = read.record
    if (blocks.slice(next - first, end - first).includes(null)) return false
    next = first + blocks.length
  }
  return next >= end
}
