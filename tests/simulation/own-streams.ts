import { STREAM_MODE, type Opening } from '../../sdk/protocol/streams.js'

export const talk: Opening = { stream: 16, kind: 1, mode: STREAM_MODE.MESSAGES, name: 'talk' }
export const bulk: Opening = { stream: 17, kind: 2, mode: STREAM_MODE.BULK, name: '' }
/** These two promise nothing. */
export const moments: Opening = { stream: 18, kind: 1, mode: STREAM_MODE.UNRELIABLE, name: 'moments' }
export const newest: Opening = { stream: 19, kind: 1, mode: STREAM_MODE.LATEST, name: 'newest' }

/** What every member has open beside the message stream. */
export const ownStreams: readonly Opening[] = [talk, bulk, moments, newest]
