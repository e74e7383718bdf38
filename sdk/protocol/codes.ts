/**
 * The first byte of every frame between members. Codes are never reused.
 *
 * | code | frame | travels on |
 * |---|---|---|
 * | 0x11 | HS1, first handshake message | the server's SIGNAL, RHS, or a socket |
 * | 0x12 | HS2, second handshake message | the server's SIGNAL, RHS, or a socket |
 * | 0x13 | SIG, sealed set-up after the handshake | the server's SIGNAL, RHS, or a socket |
 * | 0x14 | BIND, first frame of a link each way | WebRTC links |
 * | 0x15 | GREET, first frame of a socket each way | sockets |
 * | 0x16 | ATTACH, makes a socket a link | sockets |
 * | 0x17 | REFUSE, there will be no session | the server's SIGNAL, RHS, or a socket |
 * | 0x20 | RLY, sealed records through relays | links |
 * | 0x21 | RHS, set-up frames through relays | links |
 * | 0x22 | BCAST, signed broadcasts that members pass on | links |
 * | 0x30 | PACK, records between neighbors | links |
 * | 0x31 | SEALED, one of the four before, sealed | sockets that are links |
 * | 0x41 | INVITE, a key is on offer | sockets, before GREET |
 * | 0x42 | PROOF, who the bot is | sockets, before GREET |
 * | 0x43 | KEY, the group's key, sealed | sockets, before GREET |
 * | 0x44 | REPLY, whether the bot comes, sealed | sockets, before GREET |
 */
export const FRAME = {
  HS1: 0x11,
  HS2: 0x12,
  SIG: 0x13,
  BIND: 0x14,
  GREET: 0x15,
  ATTACH: 0x16,
  REFUSE: 0x17,
  RLY: 0x20,
  RHS: 0x21,
  BCAST: 0x22,
  PACK: 0x30,
  SEALED: 0x31,
  INVITE: 0x41,
  PROOF: 0x42,
  KEY: 0x43,
  REPLY: 0x44,
} as const

/** The first byte of every record inside PACK and RLY. */
export const RECORD = {
  PING: 0x01,
  PONG: 0x02,
  ACK: 0x03,
  ALL: 0x04,
  ONE: 0x05,
  USE: 0x06,
  AGAIN: 0x07,
  DIGEST: 0x08,
  ROSTER: 0x09,
  RESET: 0x0a,
  OPEN: 0x0b,
  STOP: 0x0c,
  DATAGRAM: 0x0d,
} as const
