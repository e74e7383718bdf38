import type { ContentHash } from '../crypto/content-hash.js'
import { SkeinError } from '../errors.js'
import type { MemberStream, StreamHub, StreamReader } from '../mesh/streams.js'
import { DecodeError } from '../protocol/decode-error.js'
import {
  FAIL_CAUSE,
  REJECT_CAUSE,
  decodeStreamEnd,
  type OfferFrame,
  type StreamEnd,
} from '../protocol/transfer-frames.js'
import { equalBytes } from '../util/bytes.js'
import { callGuarded } from '../util/guard.js'
import { readToBlob } from './blob.js'
import type { Control } from './control.js'
import type { TransferDeps } from './deps.js'
import { cancelledBy, cancelledByMe, corrupt, streamLost } from './failures.js'
import { safeFileName } from './file-name.js'
import type { AcceptOptions, FileOffer, IncomingFile } from './file-offer.js'
import { Inflow } from './inflow.js'
import { checkBytes, checkCallback, checkOptions, checkSignal } from './options.js'
import { Pace } from './pace.js'
import { ProgressMeter, type TransferProgress } from './progress.js'
import { readStream } from './source.js'
import { reasonText } from './texts.js'

const ACTION = 'file could not be received'

/**
 * Where a file stands that is offered to me: `offered` until it is answered, `accepting` while what is there already is
 * hashed, `receiving`, and `over` with what has failed it, if anything did.
 */
type State =
  | { readonly name: 'offered' }
  | { readonly name: 'accepting' }
  | { readonly name: 'receiving'; readonly hash: ContentHash; readonly inflow: Inflow }
  | { readonly name: 'over'; readonly error: { readonly reason: unknown } | null }

export interface ReceivingHost {
  readonly hub: StreamHub
  readonly control: Control
  readonly deps: TransferDeps
  /** It was answered: it is no open offer any more. */
  answered(receiving: Receiving): void
  /** Nothing that its sender says of it is of interest any more. */
  over(receiving: Receiving): void
}

/** One file that a member offers me, from its offer to its last byte. */
export class Receiving {
  readonly from: string
  readonly id: string
  readonly offer: FileOffer
  readonly #host: ReceivingHost
  readonly #size: number | null
  readonly #standing = new AbortController()
  readonly #meter: ProgressMeter
  readonly #pace: Pace
  readonly #done: Promise<void>
  #resolve!: () => void
  #reject!: (error: unknown) => void
  #state: State = { name: 'offered' }
  #options: AcceptOptions = {}
  /** Of the file, from its beginning. */
  #received = 0
  /** The last that the application was told of. */
  #reported: unknown = undefined

  constructor(host: ReceivingHost, from: string, frame: OfferFrame) {
    this.#host = host
    this.from = from
    this.id = frame.id
    this.#size = frame.size
    this.#meter = new ProgressMeter(frame.size)
    this.#pace = new Pace(host.deps, () => this.#tellProgress())
    this.#done = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#done.catch(() => undefined)
    this.offer = this.#createOffer(frame)
  }

  #createOffer({ name, size, mediaType, metadata, resumeId }: OfferFrame): FileOffer {
    return Object.freeze<FileOffer>({
      id: this.id,
      from: this.from,
      name: safeFileName(name),
      size,
      // As `Blob` has it: anything else is no type.
      type: /^[\x20-\x7e]*$/.test(mediaType) ? mediaType.toLowerCase() : '',
      metadata,
      resumeId,
      signal: this.#standing.signal,
      accept: (options = {}) => this.#accept(options),
      reject: (reason = '') => this.#decline(reason),
    })
  }

  /** Reads its bytes, if they are expected and do not come already. */
  read(stream: MemberStream): StreamReader | null {
    const state = this.#state
    if (state.name !== 'receiving' || state.inflow.hasSource) return null
    state.inflow.attach(stream)
    return {
      message: ({ bytes, end }) => (end ? this.#ended(bytes) : this.#take(bytes)),
      lost: () => this.end(streamLost(this.#host.hub, ACTION, this.from)),
    }
  }

  /** Its sender gives it up. */
  withdrawn(reason: string): void {
    this.end(cancelledBy(ACTION, this.from, reason))
  }

  /** It is over, though not by what has come: its sender knows, or is not there to be told. */
  end(error: unknown): void {
    this.#over({ reason: error })
  }

  #accept(options: AcceptOptions): Promise<IncomingFile> {
    checkOptions(ACTION, options, ['offset', 'have', 'onProgress', 'signal'])
    const { offset = 0, have, onProgress, signal } = options
    checkBytes(ACTION, 'offset', offset)
    checkCallback(ACTION, 'onProgress', onProgress)
    checkSignal(ACTION, signal)
    if (have !== undefined && !(have instanceof Blob) && !(have instanceof ReadableStream)) {
      throw new TypeError(`${ACTION}: have must be a Blob or a ReadableStream`)
    }
    if (have === undefined && offset > 0) throw new TypeError(`${ACTION}: without have it cannot begin at ${offset}`)
    const state = this.#state
    if (state.name === 'over' && state.error !== null) return this.#watch(Promise.reject(state.error.reason))
    if (state.name !== 'offered') throw new TypeError(`${ACTION}: its offer was answered already`)
    if (offset > (this.#size ?? Infinity)) {
      return this.#watch(Promise.reject(new RangeError(`${ACTION}: it ends before ${offset}`)))
    }
    return this.#watch(this.#begin(options, offset))
  }

  async #begin(options: AcceptOptions, offset: number): Promise<IncomingFile> {
    const { have, signal } = options
    this.#state = { name: 'accepting' }
    this.#options = options
    if (signal?.aborted === true) this.#onAbort()
    signal?.addEventListener('abort', this.#onAbort)
    let hash: ContentHash | null = null
    try {
      hash = await this.#host.deps.loadHash()
      if (have !== undefined) await this.#hashKept(hash, have, offset)
    } catch (error) {
      hash?.free()
      this.#throwIfOver()
      signal?.removeEventListener('abort', this.#onAbort)
      this.#state = { name: 'offered' }
      throw error
    }
    return this.#receive(hash, offset)
  }

  /** Throws a `RangeError` unless there are just so many bytes. */
  async #hashKept(hash: ContentHash, have: Blob | ReadableStream<Uint8Array>, offset: number): Promise<void> {
    const reader = (have instanceof Blob ? have.stream() : have).getReader()
    const stop = (): void => void reader.cancel().catch(() => undefined)
    // It may be waiting for what never comes.
    this.#standing.signal.addEventListener('abort', stop)
    let size = 0
    try {
      for await (const piece of readStream(reader)) {
        size += piece.length
        if (size > offset) break
        hash.update(piece)
      }
    } finally {
      this.#standing.signal.removeEventListener('abort', stop)
      stop()
    }
    if (size !== offset) throw new RangeError(`${ACTION}: have is not ${offset} bytes long`)
  }

  #receive(hash: ContentHash, offset: number): IncomingFile {
    if (this.#state.name === 'over') hash.free()
    this.#throwIfOver()
    const inflow = new Inflow((reason) => this.#cancel(cancelledByMe(ACTION, reasonText(reason)), reason))
    this.#state = { name: 'receiving', hash, inflow }
    this.#received = offset
    this.#meter.start(offset, this.#host.deps.now())
    this.#host.answered(this)
    this.#host.control
      .send(this.from, { type: 'accept', id: this.id, offset })
      .catch((error: unknown) => this.end(error))
    return this.#createIncoming(inflow, offset)
  }

  #createIncoming(inflow: Inflow, offset: number): IncomingFile {
    const { name, type } = this.offer
    const progress = (): TransferProgress => this.#meter.progress(this.#host.deps.now())
    return Object.freeze<IncomingFile>({
      id: this.id,
      from: this.from,
      name,
      type,
      size: this.#size,
      offset,
      stream: inflow.readable,
      done: this.#done,
      get progress() {
        return progress()
      },
      blob: () => this.#watch(readToBlob(inflow.readable, type)),
      cancel: (reason = '') => {
        this.#cancel(cancelledByMe(ACTION, reasonText(reason)), reason)
      },
    })
  }

  #throwIfOver(): void {
    if (this.#state.name === 'over' && this.#state.error !== null) throw this.#state.error.reason
  }

  #decline(reason: string): void {
    if (this.#state.name !== 'offered') return
    this.#host.control.answer(this.from, {
      type: 'reject',
      id: this.id,
      cause: REJECT_CAUSE.APPLICATION,
      reason: reasonText(reason),
    })
    this.#over({ reason: cancelledByMe(ACTION, reasonText(reason)) })
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#options.signal?.reason
    this.#cancel(reason, reason)
  }

  /** By my own doing. */
  #cancel(error: unknown, reason: unknown): void {
    const { name } = this.#state
    if (name === 'over') return
    const { control } = this.#host
    const text = reasonText(reason)
    if (name === 'receiving') {
      control.answer(this.from, { type: 'fail', id: this.id, cause: FAIL_CAUSE.CANCELLED, reason: text })
    } else {
      control.answer(this.from, { type: 'reject', id: this.id, cause: REJECT_CAUSE.APPLICATION, reason: text })
    }
    this.#over({ reason: error })
  }

  #take(bytes: Uint8Array): void {
    const state = this.#state
    if (state.name !== 'receiving') return
    if (this.#received + bytes.length > (this.#size ?? Number.MAX_SAFE_INTEGER)) {
      return this.#corrupt('more came than was offered')
    }
    this.#received += bytes.length
    state.hash.update(bytes)
    state.inflow.push(bytes)
    this.#pace.ask()
  }

  #ended(bytes: Uint8Array): void {
    const state = this.#state
    if (state.name !== 'receiving') return
    let end: StreamEnd
    try {
      end = decodeStreamEnd(bytes)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return this.#corrupt('its end cannot be read')
    }
    if (end.type === 'given-up') return this.withdrawn(end.reason)
    if (end.type !== 'whole') return this.#corrupt('its end is none of a file')
    if (end.size !== this.#received || this.#received !== (this.#size ?? end.size)) {
      return this.#corrupt('less came than was offered')
    }
    if (!equalBytes(end.hash, state.hash.finish())) return this.#corrupt('what came is not what was sent')
    this.#host.control.answer(this.from, { type: 'done', id: this.id })
    this.#over(null)
  }

  #corrupt(what: string): void {
    this.#host.control.answer(this.from, { type: 'fail', id: this.id, cause: FAIL_CAUSE.CORRUPT, reason: '' })
    this.#over({ reason: corrupt(ACTION, what) })
  }

  #over(error: { readonly reason: unknown } | null): void {
    const state = this.#state
    if (state.name === 'over') return
    this.#state = { name: 'over', error }
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#pace.stop()
    if (state.name === 'receiving') {
      this.#tellProgress()
      state.hash.free()
    }
    this.#host.over(this)
    if (error === null) {
      if (state.name === 'receiving') state.inflow.close()
      this.#resolve()
      return
    }
    if (state.name === 'receiving') {
      state.inflow.fail(error.reason)
      this.#report(error.reason)
    } else {
      this.#standing.abort(error.reason)
    }
    this.#reject(error.reason)
  }

  /** A rejection that nobody awaits kills no process, and is told to the application. */
  #watch<Value>(promise: Promise<Value>): Promise<Value> {
    promise.catch((error: unknown) => this.#report(error))
    return promise
  }

  /** Once, and unless it is my own doing. */
  #report(error: unknown): void {
    const { signal } = this.#options
    const isOwnDoing =
      (error instanceof SkeinError && (error.code === 'closed' || error.by === 'me')) ||
      (signal?.aborted === true && error === signal.reason)
    if (isOwnDoing || error === this.#reported) return
    this.#reported = error
    this.#host.hub.report(error)
  }

  #tellProgress(): void {
    const { control, deps, hub } = this.#host
    this.#meter.read(this.#received, deps.now())
    // The next says the same and more.
    if (this.#state.name === 'receiving' && !control.isBusy(this.from)) {
      control.answer(this.from, { type: 'progress', id: this.id, bytes: this.#received })
    }
    callGuarded(
      () => this.#options.onProgress?.(this.#meter.progress(deps.now())),
      (error) => hub.report(error),
    )
  }
}
