import { MAX_CHUNK_BYTES } from '../../protocol/limits.js'
import { chunkOverhead, type AllChunk, type OneChunk, type OrderEntry } from '../../protocol/records.js'
import type { Receipt } from './receipt.js'

/** One `send`, while it waits for room in the windows of its recipients. */
export interface Submission {
  readonly id: number
  /** Recipients whose window has not taken it yet. */
  waiting: number
}

/** A message on its way; one to all is shared by the outboxes of all its recipients. */
export interface OutMessage {
  readonly to: 'all' | 'one'
  readonly number: number
  /** Of a private message: the last broadcast before it. */
  readonly afterBroadcast: number
  /** Of a broadcast: the private messages before it. */
  readonly order: readonly OrderEntry[]
  readonly text: boolean
  /** Nothing follows it on its stream. */
  readonly end: boolean
  readonly bytes: Uint8Array
  readonly submission: Submission | null
  readonly receipt: Receipt | null
  /** The recipient was here when it was sent. */
  readonly isOwed: boolean
}

/** A message that this recipient will not be sent (again). */
export interface Unsettled {
  readonly message: OutMessage
  /** It had no room yet. */
  readonly isWaiting: boolean
  /** Some of it was sent. */
  readonly isSent: boolean
}

/** What one message holds of the window beside its bytes, so that empty ones are not free. */
export const MESSAGE_COST = 64
/** A piece smaller than this is worth a frame only when it ends its message. */
const LEAST_CHUNK_BYTES = 1_024

/** What it takes of the window, and counts as when it is acknowledged. */
export const costOf = (message: OutMessage): number => message.bytes.length + MESSAGE_COST

/** The bytes of a message from `offset` on, as a record carries them. */
export const chunkOf = (stream: number, message: OutMessage, offset: number, size: number): AllChunk | OneChunk => {
  const first = offset === 0
  const chunk = {
    stream,
    number: message.number,
    offset,
    total: message.bytes.length,
    first,
    text: message.text,
    end: message.end,
    bytes: message.bytes.subarray(offset, offset + size),
  }
  return message.to === 'all'
    ? { type: 'all', ...chunk, order: first ? message.order : [] }
    : { type: 'one', ...chunk, afterBroadcast: message.afterBroadcast }
}

/** How much of a message fits behind its record's head, or `null` when that is less than `least` and does not end it. */
export const fittingBytes = (
  message: OutMessage,
  offset: number,
  budget: number,
  least = LEAST_CHUNK_BYTES,
): number | null => {
  const room = Math.min(MAX_CHUNK_BYTES, budget - chunkOverhead(offset === 0 ? message.order.length : 0))
  const left = message.bytes.length - offset
  const size = Math.min(left, room)
  return room < 0 || (size < left && size < least) ? null : size
}
