import type { MemberStream, OwnStream, StreamHub, StreamReader } from '../mesh/streams.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { DecodeError } from '../protocol/decode-error.js'
import { REJECT_CAUSE, decodeTransferFrame, encodeTransferFrame, idToDecline } from '../protocol/transfer-frames.js'
import type { TransferFrame } from '../protocol/transfer-frames.js'
import { sendConfirmed } from './confirmed.js'

/**
 * Answers to one member that wait for room. One that asks and asks while it takes no answer would have me keep them all; beyond
 * this it gets none. Nobody who reads what it is sent comes near it.
 */
const MAX_ANSWERS = 4_096

/**
 * What members say to each other of their transfers. On a stream of the mode that waits for its recipient without end, as
 * files and duplexes do: in the mode of messages, a member that stalls would lose an answer that somebody waits for.
 */
export class Control {
  readonly #stream: OwnStream
  readonly #answers = new Map<string, number>()

  /** `lost`: a member's stream is over before it was; called beside what the hub says of members. */
  constructor(hub: StreamHub, handle: (from: string, frame: TransferFrame) => void, lost: (from: string) => void) {
    this.#stream = hub.own(STREAM_KIND.TRANSFER, STREAM_MODE.BULK, '')
    hub.read(STREAM_KIND.TRANSFER, ({ from }: MemberStream): StreamReader => ({
      message: ({ bytes, end }) => {
        if (!end || bytes.length > 0) this.#receive(from, bytes, handle)
      },
      lost: () => lost(from),
    }))
  }

  #receive(from: string, bytes: Uint8Array, handle: (from: string, frame: TransferFrame) => void): void {
    let frame: TransferFrame
    try {
      frame = decodeTransferFrame(bytes)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return this.#decline(from, bytes)
    }
    handle(from, frame)
  }

  /** Whoever sent it waits for an answer, if it can be told what to. */
  #decline(from: string, bytes: Uint8Array): void {
    const what = idToDecline(bytes)
    if (what?.type === 'offer') {
      this.answer(from, { type: 'reject', id: what.id, cause: REJECT_CAUSE.UNREADABLE, reason: '' })
    } else if (what !== null) {
      this.answer(from, { type: 'refuse', id: what.id })
    }
  }

  /** Resolves when it has arrived; rejects when it never will, and as `OwnStream.send`. */
  send(to: string, frame: TransferFrame): Promise<void> {
    return sendConfirmed(this.#stream, to, encodeTransferFrame(frame))
  }

  /** Sends what nobody waits for here: a member that has left needs no answer. */
  answer(to: string, frame: TransferFrame): void {
    const waiting = this.#answers.get(to) ?? 0
    if (waiting >= MAX_ANSWERS) return
    this.#answers.set(to, waiting + 1)
    const settled = (): void => {
      const left = (this.#answers.get(to) ?? 0) - 1
      if (left > 0) this.#answers.set(to, left)
      else this.#answers.delete(to)
    }
    this.#stream.send(to, encodeTransferFrame(frame)).then(settled, settled)
  }

  /** Whether answers to this member wait for room: what can be left out should be. */
  isBusy(to: string): boolean {
    return this.#answers.has(to)
  }
}
