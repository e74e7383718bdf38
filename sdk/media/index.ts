/**
 * Camera, microphone and screen between members. `media.ts` and `outgoing-stream.ts` are what an application holds, and
 * all that a page loads before somebody uses it; `gate.ts` comes with the first join and waits for that; `traffic.ts` and
 * what it imports is the rest. What a member sends to another is one list of streams, whole at each change
 * (`counterpart.ts`); tracks come over the link, each under the label that the list names (`remote-streams.ts`).
 */
export type { DeviceInfo, OpenOptions } from './device-access.js'
export { Media } from './media.js'
export type { AddStreamOptions, MediaQuality } from './options.js'
export type { Muted, OutgoingStream } from './outgoing-stream.js'
export type { SpeakerChange } from './speaker-watch.js'
export type { LinkStats, MemberMedia } from './stats.js'
export type { RemoteStream, StreamLost, StreamRemoved, StreamUnavailable } from './remote-stream.js'
