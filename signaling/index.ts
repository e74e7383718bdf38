/**
 * The signaling server: where members of a group find each other. `rooms.ts` is who is in which room and who is
 * introduced to whom, a pure state machine that the simulator runs too; `sockets.ts` runs it over WebSockets;
 * `server.ts` is the HTTP around it, with who may come in; `cli.ts` is the command.
 */
export { createSignaling, type Signaling, type SignalingOptions, type SignalingServer } from './server.js'
export type { RoomsLimits, SignalingLimits } from './limits.js'
