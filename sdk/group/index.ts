/**
 * `WebGroup`: one member's handle on a group, and everything else that is public in `skein`. `web-group.ts` is the
 * facade and `group-core.ts` the wiring behind it; `lifecycle.ts` holds the state, `join.ts` one join from the call to
 * the last closed carrier, and `engine-host.ts` the engine with its links, its server and its timer. The rest is leaf:
 * options, messages, snapshots, events, figures. No protocol is decided here; that is the engine's.
 */
export type { AuthProvider } from '../crypto/index.js'
export {
  RequestError,
  type Channel,
  type ChannelCodec,
  type ChannelInvalid,
  type ChannelListenOptions,
  type ChannelMessage,
  type ChannelOptions,
  type ChannelReport,
  type ChannelSendOptions,
  type Presence,
  type PresenceChange,
  type PresenceState,
  type RequestAllOptions,
  type RequestContext,
  type RequestHandler,
  type RequestOptions,
  type RequestResult,
  type RequestResults,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
} from '../channel/index.js'
export {
  saveToDisk,
  type AcceptOptions,
  type Duplex,
  type DuplexOpened,
  type FileOffer,
  type FileSource,
  type IncomingFile,
  type OpenDuplexOptions,
  type RecipientFailure,
  type SendFileOptions,
  type SendProgress,
  type Transfer,
  type TransferProgress,
  type TransferReport,
} from '../transfer/index.js'
export type {
  AddStreamOptions,
  DeviceInfo,
  MediaQuality,
  Muted,
  OpenOptions,
  LinkStats,
  MemberMedia,
  OutgoingStream,
  RemoteStream,
  SpeakerChange,
  StreamLost,
  StreamRemoved,
  StreamUnavailable,
} from '../media/index.js'
export { SkeinError, type SkeinErrorCode } from '../errors.js'
export type { DialedTransport, SignaledTransport, Transport } from '../link/link.js'
export { webRTC, type WebRtcOptions } from '../link/webrtc.js'
export { webSocket } from '../link/websocket.js'
export type { DeliveryFailure, DeliveryReport, LeaveReason, SignalingState } from '../mesh/events.js'
export { allowList, anonymous, sharedSecret } from './auth.js'
export type { ConfiguredHost, GroupDescription } from './describe.js'
export type { DebugReport, ReportedMember } from './debug-report.js'
export { listDevices, onDevices, openCamera, openScreen } from './devices.js'
export type { GroupEventName, GroupEvents, ListenOptions } from './events.js'
export { Identity } from './identity.js'
export type { LogEntry, Logger, LogLevel, LogRoom } from './log-entry.js'
export { WebGroupState } from './lifecycle.js'
export type { MessageData } from './messages.js'
export { configure } from './options.js'
export type { GroupLimits, IceServers, Profile, SignalingServer, WebGroupOptions } from './options.js'
export type { Peer } from './snapshots.js'
export type { GroupStats, PeerStats } from './stats.js'
export type { InviteOptions, JoinOptions, SendOptions } from './call-options.js'
export { WebGroup } from './web-group.js'
