/** What one connection, one room and one process may use. Times in milliseconds, sizes in bytes. */
export interface RoomsLimits {
  /** Connections in all rooms together. @default 20,000: about 20 KiB each, so 400 MB */
  readonly connections: number
  /** Members of one room. @default 1,000, far beyond what a mesh of browsers carries */
  readonly members: number
  /** From the open socket to its JOIN. @default 10,000 */
  readonly joinMs: number
  /** Between two PINGs. @default 25,000, below the 30 s after which some proxies take a socket for idle */
  readonly pingMs: number
  /** For the answer to a PING. @default 8,000 */
  readonly pongMs: number
  /** How long a member must have been quiet before an ASK that names it has it pinged. @default 2,000 */
  readonly silentMs: number
  /** @default 50 */
  readonly framesPerSecond: number
  /** @default 200, which is a newcomer setting up 30 links at once with all their candidates */
  readonly frameBurst: number
  /** @default 128 KiB */
  readonly bytesPerSecond: number
  /** @default 1 MiB */
  readonly byteBurst: number
  /** Between two UPDATEs, on average; two in a row are let through, as the network may push them together. @default 5,000 */
  readonly updateMs: number
}

export const DEFAULT_ROOMS_LIMITS: RoomsLimits = {
  connections: 20_000,
  members: 1_000,
  joinMs: 10_000,
  pingMs: 25_000,
  pongMs: 8_000,
  silentMs: 2_000,
  framesPerSecond: 50,
  frameBurst: 200,
  bytesPerSecond: 128 * 1024,
  byteBurst: 1024 * 1024,
  updateMs: 5_000,
}

/** Those of the rooms, and what a server guards around them. */
export interface SignalingLimits extends RoomsLimits {
  /** Open sockets from one address (IPv6: one /64). Loopback is exempt. @default 256: a school has one address */
  readonly socketsPerAddress: number
  /** New sockets a minute from one address. Loopback is exempt. @default 300 */
  readonly newSocketsPerMinute: number
  /** What may wait for a client that does not read before it is cut off. @default 256 KiB */
  readonly bufferedBytes: number
  /** From the first byte of a request to the end of its headers. @default 5,000 */
  readonly headersMs: number
}

export const DEFAULT_SIGNALING_LIMITS: SignalingLimits = {
  ...DEFAULT_ROOMS_LIMITS,
  socketsPerAddress: 256,
  newSocketsPerMinute: 300,
  bufferedBytes: 256 * 1024,
  headersMs: 5_000,
}
