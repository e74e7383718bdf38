import type { Streaming } from './options.js'

/** A stream that can be iterated, in browsers too whose streams cannot yet. */
export type LogStream<Value> = ReadableStream<Value> & AsyncIterable<Value>

export interface StreamSource<Value> {
  /** How many blocks there are now. */
  length(signal: AbortSignal): Promise<number>
  /** Resolves when the log is longer than this. */
  grown(length: number, signal: AbortSignal): Promise<void>
  get(index: number, signal: AbortSignal): Promise<Value>
}

/** Reads as its reader does, one block ahead of nobody. */
export const createStream = <Value>(source: StreamSource<Value>, options: Streaming): LogStream<Value> => {
  const cancelled = new AbortController()
  const { signal } = cancelled
  let next = options.start
  let end: number | undefined
  const stream = new ReadableStream<Value>(
    {
      pull: async (controller) => {
        end ??= options.end ?? (options.live ? Infinity : await source.length(signal))
        if (next >= end) return controller.close()
        if (options.live && next >= (await source.length(signal))) await source.grown(next, signal)
        controller.enqueue(await source.get(next, signal))
        next++
      },
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
