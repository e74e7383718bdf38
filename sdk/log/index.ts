/**
 * Append-only signed logs, kept on this device and shared with others: `skein/log`. `sdk.ts` is where they are kept and with whom they are shared
 * (`home.ts`). `log.ts` is the facade over `session.ts`, one handle's hold on a log; `vault.ts`
 * has the logs of one storage, `core.ts` one of them: its state, what writes it, and who waits for a block (`waits.ts`).
 * `store/` is many logs under one secret. `accept.ts` is what others may bring, `replication/` what peers say to each other, over any way. `tree/` is RFC 9162, pure; what is stored and signed is in `sdk/protocol/log-*.ts`.
 */
export { SkeinError, type SkeinErrorCode } from '../errors.js'
export type { AuditReport } from './audit.js'
export type { HeadRelation } from './core.js'
export type { LogEventName, LogEvents, LogListenOptions } from './events.js'
export type { AnyExtensionCodec, ExtensionCodec, LogExtensions } from './extensions.js'
export { Log, type AppendResult, type LogSnapshot } from './log.js'
export type { Callback } from '../util/callback.js'
export type { LogView } from './log-view.js'
export type {
  AppendOptions,
  AuditOptions,
  DownloadOptions,
  LogOptions,
  ReadyOptions,
  RecoverOptions,
  StreamOptions,
  UpdateOptions,
  WaitOptions,
} from './options.js'
export type { RemotePeer } from './peers.js'
export type { DownloadProgress } from './replication/download.js'
export type { PeerPath } from './replication/port.js'
export type { LogReceipt } from './replication/receipts.js'
export { SDK, type LogClass, type LogStreams, type ReplicateOptions, type SDKOptions } from './sdk.js'
export type { LogStream } from './read-stream.js'
export type { BytePlace } from './seek.js'
export {
  SharedLog,
  type SharedLogEvents,
  type SharedLogOptions,
  type SharedValue,
  type SharedWriter,
} from './shared/shared-log.js'
export { Store } from './store/store.js'
export type { StoreEntry, StoreNamespace } from './store/namespace.js'
export type { StoreImportOptions, StoreListOptions, StoreLogOptions, StoreOptions } from './store/options.js'
export { deviceStorage, memoryStorage, type LogStorage } from './storage.js'
export type { ValueEncoding, ValueTypes } from './values.js'
