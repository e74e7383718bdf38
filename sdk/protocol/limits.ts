/** The largest frame on any carrier, header included. */
export const MAX_FRAME_BYTES = 65_536
/** What SEALED takes beside the frame in it. */
export const SEALED_OVERHEAD_BYTES = 17
/** The largest frame between members, so that it fits a carrier that seals each. */
export const MAX_MEMBER_FRAME_BYTES = MAX_FRAME_BYTES - SEALED_OVERHEAD_BYTES
/** What a chunk of a message may carry at most, so that it fits a frame even when relayed. */
export const MAX_CHUNK_BYTES = 64_512
/** A frame that was forwarded this often is dropped by the next relay. */
export const MAX_HOPS = 8
/** A session description and what was gathered with it. */
export const MAX_DESCRIPTION_BYTES = 49_152
export const MAX_PROFILE_BYTES = 512
/** A signed roster record; a `links` record of 256 neighbors takes 4.4 KiB. */
export const MAX_RECORD_BYTES = 8_192
export const MAX_NEIGHBORS = 256
/** Entries in one DIGEST record. */
export const MAX_DIGEST_ENTRIES = 1_024
/** Recipients that one broadcast may name as having private messages before it. */
export const MAX_ORDER_ENTRIES = 32
/** Addresses of a bot in its card, and the length of each. */
export const MAX_ADDRESSES = 4
export const MAX_ADDRESS_BYTES = 512
/** Ways to be admitted that a member may have, and the length of the id of each. */
export const MAX_PROVIDERS = 8
export const MAX_PROVIDER_ID_BYTES = 32
export const MEMBER_ID_BYTES = 16
export const SIGNATURE_BYTES = 64
