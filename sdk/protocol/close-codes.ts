/**
 * Why the signaling server closes a socket, and what a client does about it.
 *
 * | code | meaning | the client |
 * |---|---|---|
 * | 1012 | the server stops or restarts | dials again after the time that DRAIN named |
 * | 4000 | bytes that are no frame, a frame out of turn, or text | a fault of the client: reports it, dials again with backoff |
 * | 4002 | a PING was not answered in time | dials again with backoff |
 * | 4008 | the client does not read what it is sent | dials again with backoff |
 * | 4009 | a frame larger than 64 KiB, or in too many parts | as 4000 |
 * | 4010 | no JOIN in time | dials again with backoff |
 * | 4013 | the room or the server is full | dials again after 30 s |
 * | 4014 | the server does not speak the client's version | while joining: `version-mismatch`; later: dials again with backoff |
 * | 4029 | too many frames or bytes | dials again with backoff |
 *
 * Between members, sockets are closed with 1000, and with 4000 or 4009 for what these mean here; whoever was told to may dial again
 * as ever.
 *
 * A refused upgrade never becomes a socket, so it has a status instead: 400 without the subprotocol, 403 for a page
 * of another origin, 429 for too many sockets from one address, 503 while the server stops. Browsers hide the status
 * from scripts: there all four look like 1006.
 */
export const CLOSE_RESTART = 1012
export const CLOSE_PROTOCOL_ERROR = 4000
export const CLOSE_HEARTBEAT_MISSED = 4002
export const CLOSE_SLOW_CONSUMER = 4008
export const CLOSE_FRAME_TOO_LARGE = 4009
export const CLOSE_JOIN_TIMEOUT = 4010
export const CLOSE_FULL = 4013
export const CLOSE_VERSION = 4014
export const CLOSE_RATE = 4029
