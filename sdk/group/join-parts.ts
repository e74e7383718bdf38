/**
 * What does nothing before a group is joined, and so loads with the first join (`load.ts`): the engine and its host, what
 * makes sockets to the server and to bots, and what channels, presence and transfers send on streams, what makes events of the engine's notices; of media the gate alone. One module, so that bundlers make one
 * chunk of it. Whoever imports it otherwise than by `import()`, types apart, makes every page load all of this.
 */
export { GroupStreams } from './group-streams.js'
export { createRun } from './join-run.js'
export { Notices } from './notices.js'
export { startRooms } from './start-rooms.js'
