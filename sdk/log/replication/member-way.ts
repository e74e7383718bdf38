import type { MemberStream, OwnStream, StreamHub, StreamReader } from '../../mesh/streams.js'
import { MAX_CHUNK_BYTES } from '../../protocol/limits.js'
import { STREAM_KIND, STREAM_MODE } from '../../protocol/streams.js'

/** What waits to be read before the member is told to wait. */
const HIGH_WATER_BYTES = 262_144
const NOTHING = new Uint8Array()

/** Bytes to and from one member of a group, on a stream each way. */
export class MemberWay {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  readonly #own: OwnStream
  readonly #to: string
  #source: MemberStream | null = null
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #isPaused = false

  constructor(hub: StreamHub, to: string, name: string) {
    this.#to = to
    this.#own = hub.own(STREAM_KIND.LOG, STREAM_MODE.BULK, name)
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#pause(false),
        cancel: () => {
          this.#release()
        },
      },
      { highWaterMark: HIGH_WATER_BYTES, size: ({ length }) => length },
    )
    this.writable = new WritableStream<Uint8Array>({
      write: async (bytes) => {
        for (let at = 0; at < bytes.length; at += MAX_CHUNK_BYTES) {
          await this.#own.send(to, bytes.subarray(at, at + MAX_CHUNK_BYTES))
        }
      },
      close: () => this.#end(),
      abort: () => this.#end(),
    })
  }

  get hasSource(): boolean {
    return this.#source !== null
  }

  /** What the member sends, once. */
  read(source: MemberStream): StreamReader {
    this.#source = source
    return {
      message: ({ bytes, end }) => {
        if (bytes.length > 0) this.#push(bytes)
        if (end) this.#release()?.close()
      },
      lost: () => this.#release()?.error(new Error('the member has left')),
    }
  }

  #push(bytes: Uint8Array): void {
    this.#controller?.enqueue(bytes)
    if (this.#controller !== null && (this.#controller.desiredSize ?? 0) <= 0) this.#pause(true)
  }

  /** What still comes goes by. */
  #release(): ReadableStreamDefaultController<Uint8Array> | null {
    const controller = this.#controller
    this.#controller = null
    this.#pause(false)
    return controller
  }

  #pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    this.#source?.pause(isPaused)
  }

  #end(): void {
    // Whoever has left needs no end.
    this.#own.send(this.#to, NOTHING, { end: true }).catch(() => undefined)
    this.#own.close()
  }
}
