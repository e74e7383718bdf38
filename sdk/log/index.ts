/**
 * Append-only signed logs on this device: `skein/log`. `log.ts` is the facade over `session.ts`, one handle's hold on a log; `vault.ts`
 * has the logs of one storage, `core.ts` one of them: its state, what writes it, and who waits for a block (`waits.ts`).
 * `accept.ts` is what others may bring, `replication/` what peers say to each other, over any way. `tree/` is RFC 9162, pure; what is stored and signed is in `sdk/protocol/log-*.ts`.
 */
export { SkeinError, type SkeinErrorCode } from '../errors.js'
export type { AuditReport } from './audit.js'
export type { HeadRelation } from './core.js'
export type { LogEventName, LogEvents, LogListenOptions } from './events.js'
export { Log, type AppendResult, type LogSnapshot } from './log.js'
export type { LogView } from './log-view.js'
export type { LogOptions, StreamOptions, WaitOptions } from './options.js'
export type { LogStream } from './read-stream.js'
export type { BytePlace } from './seek.js'
export { deviceStorage, memoryStorage, type LogStorage } from './storage.js'
export type { ValueEncoding, ValueTypes } from './values.js'
