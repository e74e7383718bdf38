import type { OwnStream, StreamSendOptions } from '../mesh/streams.js'
import { undelivered } from './failures.js'

/**
 * Sends what is to arrive. Resolves when it has, and rejects when it never will: a stream that a member refuses has room until
 * the refusal comes, and what found it by then is lost.
 */
export const sendConfirmed = async (
  stream: OwnStream,
  to: string,
  bytes: Uint8Array,
  options: StreamSendOptions = {},
): Promise<void> => {
  const report = await stream.send(to, bytes, { ...options, confirm: true })
  const failure = report?.failed[0]
  if (failure !== undefined) throw undelivered(to, failure.code)
}
