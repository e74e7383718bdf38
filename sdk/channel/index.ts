/**
 * What members say to each other by name: channels of typed values, requests on them, and presence, a small state of each
 * member that all see. `channels.ts` is the door for the group and `channel.ts` for the application; both are there before
 * any join. `traffic.ts` is the rest, and loads with the first join: `line.ts` has the streams of one channel, `sending.ts`
 * and `asking.ts` are my side of it, `member-reader.ts` reads what a member sends and `answering.ts` runs handlers. Presence
 * is cut in the same way: `presence.ts`, `presence-core.ts` behind it, and `presence-traffic.ts`. All of it knows streams
 * alone: no joins, links or engines.
 */
export { Channel } from './channel.js'
export type { ChannelListenOptions, ChannelSendOptions, RequestAllOptions, RequestOptions } from './channel.js'
export type { ChannelMessage, RequestContext, RequestHandler } from './channel-core.js'
export { Channels } from './channels.js'
export type { ChannelCodec } from './codec.js'
export { PresenceCore, type PresenceChange, type PresenceState } from './presence-core.js'
export { Presence } from './presence.js'
export type { RequestResult, RequestResults } from './request-all.js'
export { RequestError } from './request-error.js'
export type { ChannelReport } from './sending.js'
export type { ChannelOptions } from './settings.js'
export type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.js'
export type { ChannelInvalid } from './traffic.js'
