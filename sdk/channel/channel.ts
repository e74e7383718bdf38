import { SkeinError } from '../errors.js'
import type { StreamHub } from '../mesh/streams.js'
import { watch } from '../util/watch.js'
import { AnswerStream } from './answer-stream.js'
import { requestAction, sendAction } from './actions.js'
import type { ChannelCore, ChannelMessage, Prepared, RequestHandler } from './channel-core.js'
import {
  checkAudience,
  checkFlag,
  checkFunction,
  checkOptions,
  checkSignal,
  checkTimeout,
  type Audience,
} from './checks.js'
import { DEFAULT_TIMEOUT_MS } from './limits.js'
import { ResultList, type RequestResults } from './request-all.js'
import type { ChannelReport } from './sending.js'
import { createClosed } from './settings.js'
import type { ChannelTraffic } from './traffic.js'

export interface ChannelSendOptions {
  /** A member's id, ids, or `all`; by default what the channel was made with. */
  readonly to?: string | readonly string[]
  readonly signal?: AbortSignal
  /** Resolve with what became of it, member by member. Of reliable channels alone. */
  readonly confirm?: boolean
}

export interface RequestOptions {
  /** A member's id; by default what the channel was made with, if that is one. */
  readonly to?: string
  /**
   * For the answer, or for its first item.
   * @default 10_000
   */
  readonly timeoutMs?: number
  /** An abort rejects with its reason, and aborts the handler's signal. */
  readonly signal?: AbortSignal
}

export interface RequestAllOptions extends Omit<RequestOptions, 'to'> {
  /** Ids; by default whom the channel was made for, and all other members unless that is said. */
  readonly to?: string | readonly string[]
}

export interface ChannelListenOptions {
  readonly signal?: AbortSignal
  readonly once?: boolean
}

/** What a channel has to know of its group, joined or not. */
export type ChannelHome = Pick<StreamHub, 'members' | 'myId' | 'assertJoined' | 'report'>

/** What a channel needs of those that it belongs to. */
interface ChannelOwner {
  readonly home: ChannelHome
  /** What carries values now. Throws `not-joined`. */
  traffic(action: string): ChannelTraffic
  close(core: ChannelCore): void
}

const requestOptions = ['to', 'timeoutMs', 'signal'] as const

/**
 * Values under a name, between all members that made a channel of that name. It outlasts joins: while the group is not
 * joined nothing comes, and what is sent rejects with `not-joined`. Members without a channel of that name do not notice.
 *
 * Bad arguments, and values that cannot be carried (functions, cycles, instances of classes), throw at the call. No
 * rejection has to be handled: what nobody awaits is told to the group's `error` listeners.
 */
export class Channel<Sent = unknown, Received = Sent> implements AsyncIterable<ChannelMessage<Received>> {
  readonly #core: ChannelCore
  readonly #owner: ChannelOwner

  /** @internal Made by `group.channel()`. */
  constructor(core: ChannelCore, owner: ChannelOwner) {
    this.#core = core
    this.#owner = owner
  }

  get name(): string {
    return this.#core.settings.name
  }

  /**
   * Sends a value, copied during the call. Values to all and to one reach each recipient in the order sent, unless the
   * channel is unreliable, or `latest`, where only those to the same audience are in order. Requests go beside them.
   *
   * Resolves when the value is in the window of every recipient; at once on unreliable channels, which promise nothing;
   * with `latest`, when the first of them has room for it, or a newer one has taken its place. With `confirm`, resolves with a report once each recipient
   * has it or never will; a list of ids is sent to one by one.
   *
   * Rejects with `not-joined`, `value-invalid` (by `validate` or `codec`), `message-too-large`, `closed`, the signal's
   * reason, which ends the wait alone if the value is on its way already, and of what is for single members
   * `member-unknown`, and unless confirmed `member-left`, `member-stalled`, `stream-refused`.
   */
  send(value: Sent, options: ChannelSendOptions & { readonly confirm: true }): Promise<ChannelReport>
  send(value: Sent, options?: ChannelSendOptions): Promise<void>
  send(value: Sent, options: ChannelSendOptions = {}): Promise<unknown> {
    const fields = checkOptions(sendAction, options, ['to', 'signal', 'confirm'])
    const { isReliable, to: usual } = this.#core.settings
    const to = fields.to === undefined ? usual : checkAudience(sendAction, fields.to)
    const signal = checkSignal(sendAction, fields.signal)
    const confirm = checkFlag(sendAction, 'confirm', fields.confirm, false)
    if (confirm && !isReliable) throw new RangeError(`${sendAction}: an unreliable channel confirms nothing`)
    const prepared = this.#core.isClosed ? null : this.#core.prepare(sendAction, value)
    return this.#watch(signal, async () => {
      const { traffic, payload, checked } = this.#ready(sendAction, prepared)
      const report = await traffic.send(this.#core, { payload, checked, to, confirm, signal })
      return confirm ? report : undefined
    })
  }

  /** What can be sent now. Throws `closed`, `not-joined` and what kept the value from being encoded. */
  #ready(
    action: string,
    prepared: Prepared | null,
  ): Prepared & { readonly traffic: ChannelTraffic; readonly payload: Uint8Array } {
    if (prepared === null) throw createClosed(action)
    const traffic = this.#owner.traffic(action)
    const { payload, checked } = prepared
    if (!(payload instanceof Uint8Array)) throw payload
    return { traffic, payload, checked }
  }

  #watch<Value>(signal: AbortSignal | undefined, start: () => Promise<Value>): Promise<Value> {
    const report = (error: unknown): void => {
      this.#owner.home.report(error)
    }
    return watch(report, signal, start)
  }

  /**
   * Calls `listener` on every value that comes, until the function returned is called, `signal` aborts, or with `once`
   * after the first. A listener that throws, or whose promise rejects, is reported to the group's `error`.
   */
  on(
    event: 'message',
    listener: (message: ChannelMessage<Received>) => unknown,
    options: ChannelListenOptions = {},
  ): () => void {
    const action = 'listener could not be added'
    if ((event as string) !== 'message') throw new TypeError(`${action}: there is no event "${event as string}"`)
    checkFunction(action, 'it', listener)
    const fields = checkOptions(action, options, ['signal', 'once'])
    const signal = checkSignal(action, fields.signal)
    const once = checkFlag(action, 'once', fields.once, false)
    if (this.#core.isClosed) return () => undefined
    return this.#core.emitter.on('message', listener as (message: ChannelMessage) => unknown, { signal, once })
  }

  /**
   * The values that come from now on, for as long as the channel is open. Each iterator has all of them. While more than
   * 1,024 or 4 MiB wait in one, the senders wait too, or, on unreliable channels, the oldest are dropped.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ChannelMessage<Received>, undefined> {
    return this.#core.iterate() as AsyncIterableIterator<ChannelMessage<Received>, undefined>
  }

  /**
   * Asks one member, once: the request is never repeated. Resolves with what its handler answers, which is not validated.
   *
   * Rejects with the {@link RequestError} that the handler throws, or a `SkeinError` whose `maybeRan` says whether the
   * handler may have run: `no-handler` (or no such channel there), `busy` (1,024 or 64 MiB of mine run there), `value-invalid` (here,
   * there, or an answer that cannot be read), `handler-failed` (it threw something else, which only its side sees),
   * `answer-streamed` (use {@link Channel.requestStream}), `request-timeout`, `member-left`, `member-stalled`,
   * `member-unknown`, `message-too-large`, `not-joined`, `closed`; or with the signal's reason.
   * Throws a `RangeError` on an unreliable channel.
   */
  request<Answer = unknown>(value: Sent, options: RequestOptions = {}): Promise<Answer> {
    const { to, timeoutMs, signal, prepared } = this.#prepareRequest(value, options)
    return this.#watch(signal, async () => {
      signal?.throwIfAborted()
      const { traffic, payload, checked } = this.#ready(requestAction, prepared)
      return new Promise<Answer>((resolve, reject) => {
        const asker = {
          answered: ({ value }: { readonly value: unknown }) => {
            resolve(value as Answer)
          },
          failed: reject,
        }
        const question = { to: this.#single(to), isStream: false, timeoutMs, signal, payload, checked }
        traffic.ask(this.#core, question, asker)
      })
    })
  }

  #prepareRequest(value: Sent, options: RequestAllOptions, isForOne = true) {
    const { isReliable, to: usual } = this.#core.settings
    if (!isReliable) throw new RangeError(`${requestAction}: the channel is unreliable`)
    const fields = checkOptions(requestAction, options, requestOptions)
    const to = fields.to === undefined ? usual : checkAudience(requestAction, fields.to)
    if (isForOne) this.#single(to)
    const timeoutMs = checkTimeout(requestAction, fields.timeoutMs, DEFAULT_TIMEOUT_MS)
    const signal = checkSignal(requestAction, fields.signal)
    const prepared = this.#core.isClosed ? null : this.#core.prepare(requestAction, value)
    return { to, timeoutMs, signal, prepared }
  }

  #single(to: Audience): string {
    if (typeof to === 'string' && to !== 'all') return to
    throw new TypeError(`${requestAction}: to must be one member's id`)
  }

  /**
   * Asks several members, each once and at once, as {@link Channel.request} does. What becomes of each is a result and
   * rejects nothing; reading them throws `not-joined`, `closed`, `message-too-large`, `value-invalid` here, or the
   * signal's reason.
   */
  requestAll<Answer = unknown>(value: Sent, options: RequestAllOptions = {}): RequestResults<Answer> {
    const { to, timeoutMs, signal, prepared } = this.#prepareRequest(value, options, false)
    const ids = this.#audienceIds(to)
    const results = new ResultList<Answer>(ids.length, (start) => this.#watch(signal, start))
    try {
      signal?.throwIfAborted()
      const { traffic, payload, checked } = this.#ready(requestAction, prepared)
      for (const id of ids) {
        const question = { to: id, isStream: false, timeoutMs, signal, payload, checked }
        traffic.ask(this.#core, question, {
          answered: ({ value }) => {
            results.add({ id, status: 'fulfilled', value: value as Answer })
          },
          failed: (error) => {
            if (isOfAll(error, signal)) results.fail(error)
            else results.add({ id, status: 'rejected', error })
          },
        })
      }
    } catch (error) {
      results.fail(error)
    }
    return results
  }

  #audienceIds(to: Audience): readonly string[] {
    if (typeof to !== 'string') return to
    if (to !== 'all') return [to]
    const { members, myId } = this.#owner.home
    return members.filter((id) => id !== myId)
  }

  /**
   * Asks one member, once and at the call, and reads what its handler answers item by item; a plain answer is one item.
   * At most 16 items are on their way unread: the handler's iterable is asked for more as they are read. Ending the loop
   * early aborts the handler's signal. Reading throws what {@link Channel.request} rejects with.
   */
  requestStream<Item = unknown>(value: Sent, options: RequestOptions = {}): AsyncIterableIterator<Item, undefined> {
    const { to, timeoutMs, signal, prepared } = this.#prepareRequest(value, options)
    const stream = new AnswerStream<Item>()
    try {
      signal?.throwIfAborted()
      const { traffic, payload, checked } = this.#ready(requestAction, prepared)
      const question = { to: this.#single(to), isStream: true, timeoutMs, signal, payload, checked }
      stream.begin(traffic.ask(this.#core, question, stream))
    } catch (error) {
      stream.failed(error)
    }
    return stream.items
  }

  /**
   * Answers the requests of others: with what `handler` returns, what its promise resolves to, or item by item with what
   * an async iterable yields. A {@link RequestError} that it throws is told to the requester; of anything else that it
   * throws, only that it did, and the group's `error` listeners hear of it here.
   *
   * Returns a function that ends this; requests that run go on. Throws a `RangeError` while there is another handler, or
   * on an unreliable channel, and `closed` once the channel is.
   */
  handle(handler: RequestHandler<Received>): () => void {
    const action = 'handler could not be added'
    checkFunction(action, 'it', handler)
    const core = this.#core
    if (!core.settings.isReliable) throw new RangeError(`${action}: the channel is unreliable`)
    if (core.isClosed) throw createClosed(action)
    if (core.handler !== null) throw new RangeError(`${action}: the channel has one`)
    // Of its own, so that the same function added later is not taken away by an older `off`.
    const own: RequestHandler = (value, context) => handler(value as Received, context)
    core.handler = own
    return () => {
      if (core.handler === own) core.handler = null
    }
  }

  /**
   * Ends the channel here, for good; `group.channel()` makes a new one of the same name. Iterators end after what they
   * hold; what still waits rejects with `closed`; values on their way arrive. Handlers' signals abort. Idempotent.
   */
  close(): void {
    if (!this.#core.isClosed) this.#owner.close(this.#core)
  }
}

/** What concerns not one member of several but the request. */
const isOfAll = (error: unknown, signal: AbortSignal | undefined): boolean => {
  if (signal?.aborted === true && error === signal.reason) return true
  if (!(error instanceof SkeinError)) return false
  // What is invalid already here was asked of nobody, so that there is no question who ran it.
  return error.code === 'closed' || (error.code === 'value-invalid' && error.maybeRan === undefined)
}
