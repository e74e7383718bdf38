import type { MemberStream } from '../mesh/streams.js'

/** What waits to be read before its sender is told to wait. Beyond it, at most the engine's window follows. */
const HIGH_WATER_BYTES = 262_144
/** What a chunk takes beside its bytes, so that many tiny ones are not more than they seem. */
const CHUNK_COST = 64

/**
 * Makes a stream that is read at its reader's pace of what a member sends: as long as nobody reads, the member waits. Once
 * it is over, in whatever way, what still comes goes by unread.
 */
export class Inflow {
  readonly readable: ReadableStream<Uint8Array>
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #source: MemberStream | null = null
  #isPaused = false

  /** `onCancel`: the reader wants no more. Not called once it is over. */
  constructor(onCancel: (reason: unknown) => void) {
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#pause(false),
        cancel: (reason) => {
          this.#release()
          onCancel(reason)
        },
      },
      { highWaterMark: HIGH_WATER_BYTES, size: (chunk) => chunk.length + CHUNK_COST },
    )
  }

  get isOver(): boolean {
    return this.#controller === null
  }

  get hasSource(): boolean {
    return this.#source !== null
  }

  /** From here on `push` is called with what comes on this stream. */
  attach(source: MemberStream): void {
    this.#source = source
  }

  push(bytes: Uint8Array): void {
    // An empty chunk would take a reader's turn and say nothing.
    if (this.#controller === null || bytes.length === 0) return
    this.#controller.enqueue(bytes)
    if ((this.#controller.desiredSize ?? 0) <= 0) this.#pause(true)
  }

  /** What waits can still be read. */
  close(): void {
    const controller = this.#controller
    this.#release()
    controller?.close()
  }

  /** What waits is gone. */
  fail(error: unknown): void {
    const controller = this.#controller
    this.#release()
    controller?.error(error)
  }

  #release(): void {
    this.#controller = null
    this.#pause(false)
  }

  #pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    this.#source?.pause(isPaused)
  }
}
