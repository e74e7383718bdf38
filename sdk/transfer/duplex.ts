import type { MemberStream, StreamHub, StreamReader } from '../mesh/streams.js'
import { DecodeError } from '../protocol/decode-error.js'
import { MAX_CHUNK_BYTES } from '../protocol/limits.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { decodeStreamEnd, type StreamEnd } from '../protocol/transfer-frames.js'
import type { Control } from './control.js'
import { cancelledBy, corrupt, streamLost, untoldText } from './failures.js'
import { Inflow } from './inflow.js'
import { Outflow } from './outflow.js'
import { reasonText } from './texts.js'

const ACTION = 'duplex has ended'

/**
 * Bytes to and from one member, each way at the pace of its reader. The two ways are independent: closing `writable` ends the
 * other side's `readable` after what was written, and leaves the way back open. Aborting `writable` errors the other
 * side's `readable`, and cancelling `readable` errors its `writable`, both with `transfer-cancelled` and the reason if
 * that is a string (cut to 512 bytes). Where the other side has no room for another stream `writable` errors with
 * `stream-refused`, and its `readable` as if it had been aborted. Both error with `member-left` and `closed`.
 */
export interface Duplex {
  /** The other member's id. */
  readonly to: string
  readonly label: string
  /** What the other side writes, cut as it comes: writes have no borders. At most about 2.4 MiB wait here. */
  readonly readable: ReadableStream<Uint8Array>
  /** Takes `Uint8Array`s of any size, copied: a write is done when all of it has room on its way. */
  readonly writable: WritableStream<Uint8Array>
  /** Resolves when both ways have ended, cancelled here included; rejects with the first that failed either. Need not be handled. */
  readonly closed: Promise<void>
}

export interface DuplexHost {
  readonly hub: StreamHub
  readonly control: Control
  /** Both ways are over. */
  over(end: DuplexEnd): void
}

/** My end of a duplex. */
export class DuplexEnd {
  readonly id: string
  readonly duplex: Duplex
  readonly #host: DuplexHost
  readonly #to: string
  readonly #inflow: Inflow
  readonly #outflow: Outflow
  #writer: WritableStreamDefaultController | null = null
  #isOver = false
  #failure: { readonly reason: unknown } | null = null
  #resolve!: () => void
  #reject!: (error: unknown) => void

  constructor(host: DuplexHost, id: string, to: string, label: string) {
    this.id = id
    this.#host = host
    this.#to = to
    const stream = host.hub.own(STREAM_KIND.DUPLEX, STREAM_MODE.BULK, id)
    this.#outflow = new Outflow(stream, to, (error) => this.#lose(error))
    this.#inflow = new Inflow((reason) => {
      host.control.answer(to, { type: 'stop', id, reason: reasonText(reason) })
      this.#settle()
    })
    const closed = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    closed.catch(() => undefined)
    const { readable } = this.#inflow
    this.duplex = Object.freeze<Duplex>({ to, label, readable, writable: this.#createWritable(), closed })
  }

  #createWritable(): WritableStream<Uint8Array> {
    return new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writer = controller
        // The stream itself calls `abort` only once a write that is under way has ended, for which it may wait for ever.
        controller.signal.addEventListener('abort', () => this.#giveUp(reasonText(controller.signal.reason)))
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#closeWriting(),
      abort: (reason) => this.#giveUp(reasonText(reason)),
    })
  }

  async #write(chunk: unknown): Promise<void> {
    if (!(chunk instanceof Uint8Array)) {
      this.#giveUp('')
      throw new TypeError('duplex could not be written: it takes Uint8Arrays alone')
    }
    for (let at = 0; at < chunk.length && this.#writer !== null; at += MAX_CHUNK_BYTES) {
      await this.#outflow.push(chunk.slice(at, at + MAX_CHUNK_BYTES))
    }
  }

  async #closeWriting(): Promise<void> {
    await this.#outflow.finish({ type: 'closed' })
    this.#writer = null
    this.#settle()
  }

  /** I write no more, and take back what has not arrived. */
  #giveUp(reason: string): void {
    if (this.#writer === null) return
    this.#writer = null
    // Beside the end of the stream, which waits where the other side's reader does.
    this.#host.control.answer(this.#to, { type: 'abort', id: this.id, reason })
    this.#outflow.giveUp(reason)
    this.#settle()
  }

  /** What I write does not arrive, which the other side cannot see: its reader would wait. */
  #lose(error: unknown): void {
    this.#giveUpWith(error, untoldText(error))
  }

  get hasSource(): boolean {
    return this.#inflow.hasSource
  }

  /** What the other side writes. */
  read(stream: MemberStream): StreamReader {
    this.#inflow.attach(stream)
    return {
      message: ({ bytes, end }) => (end ? this.#ended(bytes) : this.#inflow.push(bytes)),
      lost: () => this.fail(streamLost(this.#host.hub, ACTION, this.#to)),
    }
  }

  #ended(bytes: Uint8Array): void {
    let end: StreamEnd
    try {
      end = decodeStreamEnd(bytes)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return this.#failReading(corrupt(ACTION, 'its last message cannot be read'))
    }
    if (end.type === 'given-up') return this.aborted(end.reason)
    this.#inflow.close()
    this.#settle()
  }

  /** The other side has given up what it writes. */
  aborted(reason: string): void {
    this.#failReading(cancelledBy(ACTION, this.#to, reason))
  }

  /** The other side reads no more. */
  stopped(reason: string): void {
    this.#failWriting(cancelledBy(ACTION, this.#to, reason))
  }

  /** Both ways. `reason` is told to the other side. */
  cancel(error: unknown, reason: string): void {
    this.#giveUpWith(error, reason)
    if (!this.#inflow.isOver) this.#host.control.answer(this.#to, { type: 'stop', id: this.id, reason })
    this.#failReading(error)
  }

  /** Both ways, and there is nobody to tell. */
  fail(error: unknown): void {
    this.#failWriting(error)
    this.#failReading(error)
  }

  #giveUpWith(error: unknown, reason: string): void {
    const writer = this.#writer
    if (writer !== null) this.#failure ??= { reason: error }
    this.#giveUp(reason)
    writer?.error(error)
  }

  #failReading(error: unknown): void {
    if (this.#inflow.isOver) return
    this.#failure ??= { reason: error }
    this.#inflow.fail(error)
    this.#settle()
  }

  #failWriting(error: unknown): void {
    const writer = this.#writer
    if (writer === null) return
    this.#failure ??= { reason: error }
    this.#writer = null
    this.#outflow.giveUp('')
    writer.error(error)
    this.#settle()
  }

  #settle(): void {
    if (this.#isOver || this.#writer !== null || !this.#inflow.isOver) return
    this.#isOver = true
    this.#host.over(this)
    if (this.#failure === null) this.#resolve()
    else this.#reject(this.#failure.reason)
  }
}
