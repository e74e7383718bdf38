/**
 * What does nothing before a group is joined, and so loads with the first join (`load.ts`): the engine and its host, what
 * makes sockets to the server and to bots, and what channels, presence and transfers send on streams. One module, so that bundlers make one
 * chunk of it. Whoever imports it otherwise than by `import()`, types apart, makes every page load all of this.
 */
export { PresenceTraffic } from '../channel/presence-traffic.js'
export { ChannelTraffic } from '../channel/traffic.js'
export { loadContentHash } from '../crypto/content-hash.js'
export { deriveGroupKeys } from '../crypto/group-keys.js'
export { createSuite } from '../crypto/noise-suite.js'
export { openSignaling } from '../discovery/signaling-socket.js'
export { SocketLink } from '../link/socket-link.js'
export { Engine } from '../mesh/engine.js'
export { TransferTraffic } from '../transfer/traffic.js'
export { EngineHost } from './engine-host.js'
export { GroupStreams } from './group-streams.js'
export { Invites } from './invites.js'
