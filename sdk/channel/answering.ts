import { SkeinError } from '../errors.js'
import type { OwnStream, StreamHub } from '../mesh/streams.js'
import { encodeChannelFrame, REASON, type Reason, type RequestFrame } from '../protocol/channel-frames.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { AnswerCredit } from './answer-credit.js'
import { AnswerFlow } from './answer-flow.js'
import { sendCertain, sendUntilHad } from './certain.js'
import type { RequestHandler } from './channel-core.js'
import { encodeWith } from './codec.js'
import { MAX_RUNNING, MAX_RUNNING_BYTES } from './limits.js'
import type { Line } from './line.js'
import { readRequestError, RequestError } from './request-error.js'

/** On which requests are refused that no channel of mine is there to answer. */
const REFUSALS = 'skein:requests'
const action = 'request could not be answered'

/** A request of a member's, from its arrival until its handler is done. */
export interface Running {
  readonly id: number
  readonly from: string
  readonly line: Line
  /** Of its question, which its handler may hold on to. */
  readonly size: number
  readonly handler: RequestHandler
  readonly isStream: boolean
  readonly controller: AbortController
  readonly credit: AnswerCredit
}

/**
 * Requests that others make of me. A request holds its place until its handler is done, wanted or not: by asking and
 * cancelling nobody can have more of them run than may.
 */
export class Answering {
  readonly #hub: StreamHub
  readonly #refusals: OwnStream
  readonly #running = new Map<string, Map<number, Running>>()
  /** Refusals on their way, by member: whoever does not take them is told no more. */
  readonly #refusing = new Map<string, number>()

  constructor(hub: StreamHub) {
    this.#hub = hub
    this.#refusals = hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, REFUSALS)
  }

  /** Takes a request on, or refuses it: `null`. */
  begin(line: Line | undefined, from: string, { id, isStream, payload }: RequestFrame): Running | null {
    const handler = line?.core.handler ?? null
    if (line === undefined || handler === null) return this.#refuse(from, id, REASON.NO_HANDLER)
    const running = this.#running.get(from) ?? new Map<number, Running>()
    this.#running.set(from, running)
    // The same again, by another of its streams.
    if (running.has(id)) return null
    const size = payload.length
    if (running.size >= MAX_RUNNING || !hasRoom(running, size)) return this.#refuse(from, id, REASON.BUSY)
    const [controller, credit] = [new AbortController(), new AnswerCredit()]
    const request = { id, from, line, size, handler, isStream, controller, credit }
    running.set(id, request)
    return request
  }

  #refuse(from: string, id: number, reason: Reason): null {
    const count = this.#refusing.get(from) ?? 0
    if (count >= MAX_RUNNING) return null
    this.#refusing.set(from, count + 1)
    const frame = encodeChannelFrame({ type: 'error', id, reason, code: '', text: '' })
    void send(this.#refusals, from, frame).then(() => {
      const left = (this.#refusing.get(from) ?? 1) - 1
      if (left > 0) this.#refusing.set(from, left)
      else this.#refusing.delete(from)
    })
    return null
  }

  /** What was asked is known and valid: the handler's turn. Never rejects. */
  async run(request: Running, value: unknown): Promise<void> {
    const { from, handler, controller } = request
    const { signal } = controller
    try {
      if (!signal.aborted) await this.#answer(request, await handler(value, { from, signal }))
    } catch (error) {
      if (!signal.aborted) await this.#fail(request, error)
    }
    this.#forget(request)
  }

  /** What was asked cannot be read or is not valid. */
  async reject(request: Running): Promise<void> {
    await this.#sendError(request, REASON.INVALID)
    this.#forget(request)
  }

  async #answer(request: Running, answer: unknown): Promise<void> {
    if (!isAsyncIterable(answer)) return this.#sendWhole(request, this.#encode(request, answer, null))
    const iterator = answer[Symbol.asyncIterator]()
    // It may have been while the handler made up its mind.
    const { aborted: isCancelled } = request.controller.signal
    if (request.isStream && !isCancelled) return this.#stream(request, iterator)
    this.#end(iterator)
    if (isCancelled) return
    this.#hub.report(new TypeError(`${action}: the answer is a stream, and one value was asked for`))
    await this.#sendError(request, REASON.STREAMED)
  }

  #end(iterator: AsyncIterator<unknown>): void {
    endIterator(iterator).catch((error: unknown) => {
      this.#hub.report(error)
    })
  }

  async #stream(request: Running, iterator: AsyncIterator<unknown>): Promise<void> {
    const { line, from, controller, credit, id } = request
    const { signal } = controller
    const flow = new AnswerFlow(line.requests, from, () => {
      this.#lose(request)
    })
    const stop = (): void => {
      credit.end()
      this.#end(iterator)
    }
    signal.addEventListener('abort', stop)
    try {
      while (await credit.take(signal)) {
        const result = await iterator.next()
        if (signal.aborted) return
        const { number } = flow
        if (result.done === true) {
          await flow.send(encodeChannelFrame({ type: 'answer', id, isLast: true, number, payload: null }))
          return
        }
        await flow.send(this.#encodeItem(request, result.value, number, stop))
      }
    } finally {
      await flow.settled()
      signal.removeEventListener('abort', stop)
    }
  }

  #encodeItem(request: Running, item: unknown, number: number, stop: () => void): Uint8Array {
    try {
      return this.#encode(request, item, number)
    } catch (error) {
      // Not the iterator's own fault, so it has to be told.
      stop()
      throw error
    }
  }

  /** `number`: of an item of a stream. */
  #encode({ line, id }: Running, value: unknown, number: number | null): Uint8Array {
    const { core } = line
    const payload = encodeWith(core.settings.codec, action, value, core.maxBytes)
    if (payload instanceof SkeinError) throw payload
    return encodeChannelFrame({ type: 'answer', id, isLast: number === null, number, payload })
  }

  /** Of an answer that is one frame. */
  async #sendWhole(request: Running, frame: Uint8Array): Promise<void> {
    const { line, from, controller } = request
    if (controller.signal.aborted) return
    if ((await sendCertain(line.requests, from, frame)) === 'lost') this.#lose(request)
  }

  /** Something of the answer was given up on its way. Whoever asked would wait for it, be it the end. */
  #lose({ line, from, id, controller }: Running): void {
    if (controller.signal.aborted) return
    controller.abort()
    const frame = encodeChannelFrame({ type: 'error', id, reason: REASON.LOST, code: '', text: '' })
    void sendUntilHad(line.requests, from, frame)
  }

  async #fail(request: Running, error: unknown): Promise<void> {
    const told = error instanceof RequestError ? readRequestError(error) : null
    if (told !== null) return this.#sendError(request, REASON.THROWN, told)
    // Its text may be secret: this side alone learns of it.
    this.#hub.report(error)
    await this.#sendError(request, REASON.FAILED)
  }

  #sendError(request: Running, reason: Reason, { code, text } = { code: '', text: '' }): Promise<void> {
    return this.#sendWhole(request, encodeChannelFrame({ type: 'error', id: request.id, reason, code, text }))
  }

  #forget(request: Running): void {
    const running = this.#running.get(request.from)
    if (running?.get(request.id) !== request) return
    running.delete(request.id)
    if (running.size === 0) this.#running.delete(request.from)
  }

  /** The requester wants no answer any more. */
  cancel(from: string, id: number): void {
    this.#running.get(from)?.get(id)?.controller.abort()
  }

  grant(from: string, id: number, count: number): void {
    this.#running.get(from)?.get(id)?.credit.add(count)
  }

  /** A member has left, and with it whoever would read the answers. */
  memberLeft(id: string): void {
    const running = this.#running.get(id)
    this.#running.delete(id)
    this.#refusing.delete(id)
    for (const { controller } of running?.values() ?? []) controller.abort()
  }

  /** The join is over. */
  left(): void {
    for (const id of [...this.#running.keys()]) this.memberLeft(id)
    this.#refusing.clear()
  }

  /** A channel is closed: whoever waits for an answer on it learns that there will be none. */
  close(line: Line): void {
    for (const running of this.#running.values()) {
      for (const request of running.values()) {
        if (request.line !== line || request.controller.signal.aborted) continue
        void this.#sendError(request, REASON.FAILED)
        request.controller.abort()
      }
    }
  }
}

/** That it did not arrive, the other side notices: it has left, or lost more than this. */
const send = (stream: Pick<OwnStream, 'send'>, to: string, frame: Uint8Array): Promise<void> =>
  stream.send(to, frame).then(
    () => undefined,
    () => undefined,
  )

const hasRoom = (running: ReadonlyMap<number, Running>, size: number): boolean => {
  let bytes = size
  for (const request of running.values()) bytes += request.size
  return running.size === 0 || bytes <= MAX_RUNNING_BYTES
}

const endIterator = async (iterator: AsyncIterator<unknown>): Promise<void> => {
  await iterator.return?.()
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  Symbol.asyncIterator in value &&
  typeof value[Symbol.asyncIterator] === 'function'
