/**
 * Bots: members that run in Node and come when they are invited. `bot-server.ts` is what an application makes them of,
 * `ready-made.ts` the four that come with this package (`archive.ts` and `record/` are what two of them do in a group), `cli.ts` the command that runs them. A bot is a member like any
 * other; what makes it one (sockets that are taken off an HTTP server) lives in `sdk/group/host.ts`.
 */
export { WebGroupBotServer, type WebGroupBotServerOptions } from './bot-server.js'
export {
  createArchiveBot,
  createEchoBot,
  createRecordBot,
  createRelayBot,
  type ArchiveBotOptions,
  type ReadyMadeOptions,
  type RecordBotOptions,
} from './ready-made.js'
