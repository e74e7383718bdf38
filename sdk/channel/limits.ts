/** What may wait for the application, per reader: a burst of small messages, or a few large ones. */
export const MAX_WAITING_ITEMS = 1_024
export const MAX_WAITING_BYTES = 4 * 1_024 * 1_024
/**
 * Where only the newest counts, what a recipient may have unacknowledged before that waits: half a second of a bad link (256 kbit/s), and
 * 200 values of 1 KiB a second over a round trip of 50 ms, with the 25 that an acknowledgement may take.
 */
export const MAX_LATEST_BYTES = 16_384
/** The same of presence, which is told 20 times a second at most: ten small states, or one large one. */
export const MAX_LATEST_PRESENCE_BYTES = 1_024
/**
 * Streams of one member for one channel: one of values and one of requests, and the same again each time that the channel is closed and made anew
 * while the reader is slow. A window of each may wait for that reader.
 */
export const MAX_STREAMS_OF_CHANNEL = 16
/** Requests of one member that may run at a time. Honest members seldom have ten; a handler that never answers adds up. */
export const MAX_RUNNING = 1_024
/** What the questions of those may take in all, but for one that is larger by itself. */
export const MAX_RUNNING_BYTES = 64 * 1_024 * 1_024
/** Of a streamed answer, what may be on its way before the next item is asked for. */
export const MAX_ANSWER_BYTES = 1_024 * 1_024
/** Credit that a requester may heap up; it gives as many at most as it has taken. */
export const MAX_CREDIT = 1_024
export const DEFAULT_TIMEOUT_MS = 10_000
/** What a device can show of changes by hand is far less; what 30 members can take of each other's is not much more. */
export const PRESENCE_INTERVAL_MS = 50
