/**
 * Bots: members that run in Node and come when they are invited. `bot-server.ts` is what an application makes them of,
 * `ready-made.ts` the three that come with this package (`archive.ts` is what one of them does in a group), `cli.ts` the command that runs them. A bot is a member like any
 * other; what makes it one (sockets that are taken off an HTTP server) lives in `sdk/group/host.ts`.
 */
export { WebGroupBotServer, type WebGroupBotServerOptions } from './bot-server.js'
export {
  createArchiveBot,
  createEchoBot,
  createRelayBot,
  type ArchiveBotOptions,
  type ReadyMadeOptions,
} from './ready-made.js'
