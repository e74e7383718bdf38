import type { Streaming } from './options.js'

/** A stream that can be iterated, in browsers too whose streams cannot yet. */
export type LogStream<Value> = ReadableStream<Value> & AsyncIterable<Value>

export interface StreamSource<Value> {
  /** How many blocks there are now. */
  length(signal: AbortSignal): Promise<number>
  /** Resolves when the log is longer than this. */
  grown(length: number, signal: AbortSignal): Promise<void>
  get(index: number, signal: AbortSignal): Promise<Value>
  /** What is here in a row from a block on, as one look at so many records finds it; nothing when that block is not. */
  row(index: number, end: number, records: number, signal: AbortSignal): Promise<readonly (() => Value)[]>
  /** Throws what `get` would reject with, once reading is over. */
  assertGoing(): void
}

/** How many records are looked at in one go: at first, for whoever wants little, and then twice as many each time; 2 MiB at most. */
const FIRST_LOOK = 4
const MAX_LOOK = 8

/**
 * Reads as its reader does: what is here a few records ahead, since each look costs, the next ones while the reader is busy with
 * the second half of those, and nothing that has to be fetched.
 */
export const createStream = <Value>(source: StreamSource<Value>, options: Streaming): LogStream<Value> => {
  const cancelled = new AbortController()
  const { signal } = cancelled
  let next = options.start
  let end: number | undefined
  let look = FIRST_LOOK
  let row: readonly (() => Value)[] = []
  let taken = 0
  let ahead: Promise<typeof row> | null = null
  const lookFrom = (index: number, to: number): Promise<typeof row> => {
    const looked = source.row(index, to, look, signal)
    look = Math.min(look * 2, MAX_LOOK)
    return looked
  }
  const lookAhead = (): void => {
    const from = next + row.length - taken
    if (ahead !== null || taken * 2 < row.length || end === undefined || from >= end) return
    ahead = lookFrom(from, end)
    // Who reads on is told.
    ahead.catch(() => undefined)
  }
  const takeAhead = async (): Promise<typeof row> => {
    const looked = ahead
    ahead = null
    return looked === null ? [] : looked
  }
  const fetchNext = async (controller: ReadableStreamDefaultController<Value>): Promise<void> => {
    end ??= options.end ?? (options.live ? Infinity : await source.length(signal))
    if (next >= end) {
      controller.close()
      return
    }
    if (options.live && next >= (await source.length(signal))) await source.grown(next, signal)
    row = await takeAhead()
    // More may be here by now.
    if (row.length === 0) row = await lookFrom(next, end)
    taken = 0
    if (row.length > 0) {
      takeNext(controller)
      return
    }
    controller.enqueue(await source.get(next, signal))
    next++
  }
  const takeNext = (controller: ReadableStreamDefaultController<Value>): void => {
    source.assertGoing()
    const read = row[taken++] as () => Value
    controller.enqueue(read())
    next++
    lookAhead()
  }
  const stream = new ReadableStream<Value>(
    {
      pull: (controller) => (taken < row.length ? takeNext(controller) : fetchNext(controller)),
      cancel: (reason) => cancelled.abort(reason),
    },
    { highWaterMark: 0 },
  )
  return iterable(stream)
}

/** Safari has streams that cannot be iterated (WebKit bug 194379); to go when it has not any more. */
const iterable = <Value>(stream: ReadableStream<Value>): LogStream<Value> => {
  if (Symbol.asyncIterator in stream) return stream
  const iterate = async function* (this: ReadableStream<Value>): AsyncGenerator<Value, void> {
    const reader = this.getReader()
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
    } finally {
      await reader.cancel()
      reader.releaseLock()
    }
  }
  return Object.defineProperty(stream, Symbol.asyncIterator, { value: iterate }) as LogStream<Value>
}
