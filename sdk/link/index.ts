/**
 * Carriers from one member to another. `link.ts` is the contract; `webrtc.ts` is the transport that ships, over
 * simple-peer, whose traps are all dealt with in `simple-peer.ts`; `memory.ts` joins members inside one process, for
 * tests. tests/contract/link.ts holds for every one of them.
 */
