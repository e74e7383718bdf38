/**
 * Files and duplexes between members, over the streams that `mesh/streams.ts` describes: what has any size goes at the pace
 * of its reader and is held a few windows at most. `transfers.ts` is what a group offers before, between and in its joins:
 * it reads calls (`file-call.ts`, `duplex-call.ts`) and rejects what cannot begin. `traffic.ts` is the rest, and loads with
 * the first join. Members speak of their transfers on one stream (`control.ts`; the messages are
 * `protocol/transfer-frames.ts`); each file and each way of a duplex has a stream of its own, written by `outflow.ts` and read
 * by `inflow.ts`. A file is `outgoing-file.ts` at its sender and `receiving.ts` at each recipient.
 */
export type { Duplex } from './duplex.js'
export type { OpenDuplexOptions } from './duplex-call.js'
export type { DuplexOpened } from './duplexes.js'
export type { SendFileOptions } from './file-call.js'
export type { AcceptOptions, FileOffer, IncomingFile } from './file-offer.js'
export type { TransferProgress } from './progress.js'
export { saveToDisk } from './save.js'
export type { FileSource } from './source.js'
export type { RecipientFailure, SendProgress, Transfer, TransferReport } from './transfer.js'
export { Transfers } from './transfers.js'
