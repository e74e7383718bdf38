/**
 * What members say to each other by name: channels of typed values, requests on them, and presence, a small state of each
 * member that all see. `channels.ts` is the door for the group and `channel.ts` for the application. Behind them,
 * `sending.ts` and `asking.ts` are my side of a channel, `member-reader.ts` reads what a member sends and `answering.ts`
 * runs handlers; `presence.ts` stands by itself. All of it knows streams alone: no joins, links or engines.
 */
export { Channel } from './channel.js'
export type { ChannelListenOptions, ChannelSendOptions, RequestAllOptions, RequestOptions } from './channel.js'
export type { ChannelMessage, RequestContext, RequestHandler } from './channel-core.js'
export { Channels, type ChannelInvalid } from './channels.js'
export type { ChannelCodec } from './codec.js'
export { Presence, type PresenceChange, type PresenceState } from './presence.js'
export type { RequestResult, RequestResults } from './request-all.js'
export { RequestError } from './request-error.js'
export type { ChannelReport } from './sending.js'
export type { ChannelOptions } from './settings.js'
export type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.js'
