/**
 * The first byte of every frame between members. Codes are never reused.
 *
 * | code | frame | travels on |
 * |---|---|---|
 * | 0x11 | HS1, first handshake message | the server's SIGNAL, or RHS |
 * | 0x12 | HS2, second handshake message | the server's SIGNAL, or RHS |
 * | 0x13 | SIG, sealed set-up after the handshake | the server's SIGNAL, or RHS |
 * | 0x14 | BIND, first frame of a link each way | links |
 * | 0x20 | RLY, sealed records through relays | links |
 * | 0x21 | RHS, set-up frames through relays | links |
 * | 0x30 | PACK, records between neighbors | links |
 */
export const FRAME = {
  HS1: 0x11,
  HS2: 0x12,
  SIG: 0x13,
  BIND: 0x14,
  RLY: 0x20,
  RHS: 0x21,
  PACK: 0x30,
} as const

/** The first byte of every record inside PACK and RLY. */
export const RECORD = {
  PING: 0x01,
  PONG: 0x02,
  ACK: 0x03,
  ALL: 0x04,
  ONE: 0x05,
  DIGEST: 0x08,
  ROSTER: 0x09,
} as const
