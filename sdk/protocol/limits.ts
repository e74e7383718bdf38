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
/** A message on a stream that promises nothing: one that is cut into many pieces is lost with any of them. */
export const MAX_DATAGRAM_BYTES = 16_640
/** Of what a stream is called, in UTF-8. */
export const MAX_STREAM_NAME_BYTES = 64
/** How deep arrays and objects may lie in each other in a value: far beyond what is written by hand, far below any stack. */
export const MAX_VALUE_DEPTH = 64
/**
 * What a value may consist of, itself and every key's value and array's item counted. An empty array takes two bytes on the
 * wire and some twenty in memory, so that the size of a message alone would not bound it.
 */
export const MAX_VALUE_PARTS = 1_048_576
/** What goes before a payload in a message of a channel at most. */
export const MAX_CHANNEL_HEAD_BYTES = 18
/** A value of an unreliable channel, encoded: it has to fit one frame with all that goes around it. */
export const MAX_UNRELIABLE_VALUE_BYTES = 16_384
/** A member's presence, encoded: everybody gets everybody's. */
export const MAX_PRESENCE_BYTES = 4_096
/** Of an error that a handler throws for the requester to see, in UTF-16 units. */
export const MAX_ERROR_CODE_LENGTH = 64
export const MAX_ERROR_TEXT_LENGTH = 512
/** Items of an answer that may be on their way before the requester has taken any. */
export const ANSWER_CREDIT = 16
/** Of what names a transfer between two members, and of what a file is known by across reloads. */
export const TRANSFER_ID_BYTES = 16
/** BLAKE2b over all bytes of a file. */
export const FILE_HASH_BYTES = 32
/** The longest name that common file systems take, in UTF-8. */
export const MAX_FILE_NAME_BYTES = 255
export const MAX_FILE_TYPE_BYTES = 255
/** What an offer says of its file beside that, as JSON in UTF-8. */
export const MAX_METADATA_BYTES = 4_096
/** Why somebody refuses or cancels, in UTF-8. */
export const MAX_REASON_BYTES = 512
/** What a duplex is called, in UTF-8. */
export const MAX_LABEL_BYTES = 64
/** Blocks of a log: beyond any device, and far enough from 2^53 for twice as many nodes. */
export const MAX_LOG_BLOCKS = 2 ** 40
/** A block of a log, as it is stored: with a proof of 64 hashes it fits a frame between members. */
export const MAX_BLOCK_BYTES = 61_440
/** Blocks that are stored in one record, and that one request is answered with. What a database takes for a put hardly depends on its size. */
export const MAX_RECORD_BLOCKS = 64
/** Their bytes. A record is read whole for any block in it. */
export const MAX_RECORD_BLOCK_BYTES = 262_144
/** Hashes in the proof that one tree of a log begins another: one for each bit of the size, and the older root. */
export const MAX_FORK_HASHES = 66
/** Hashes with a block: one for each level of the tree below a complete one. */
export const MAX_PROOF_HASHES = 40
/** Hashes that show how a tree grew out of a smaller one: the complete nodes of that, and of what came behind, up and down again. */
export const MAX_GROWTH_HASHES = 120
/** Blocks that one bitfield speaks of: 4 KiB. */
export const PRESENCE_BLOCKS = 32_768
/** Requests that one side may have open on a log: what is asked beyond breaks the protocol. */
export const MAX_LOG_REQUESTS = 32
export const LOG_KEY_BYTES = 32
/** Logs that a member tells all others of. */
export const MAX_LISTED_LOGS = 1_024
/** Logs that one shared log is made of. */
export const MAX_SHARED_WRITERS = 1_024
/** Messages of applications between those who have a log. */
export const MAX_EXTENSION_NAME_BYTES = 64
export const MAX_EXTENSION_BYTES = 16_384
/** What each side of a link between logs makes up for it. */
export const LOG_NONCE_BYTES = 32
/** Names that a log of a store is called by, one within the other, and the characters of each. */
export const MAX_STORE_NAMESPACE = 8
export const MAX_STORE_NAME_CHARACTERS = 64
/** Entries of the list of a store that count: whoever reads one holds them all in memory. */
export const MAX_STORE_ENTRIES = 65_536
/** Tracks of a kind that a link can carry each way. */
export const MAX_MEDIA_SLOTS = 16
/**
 * What the ends of a link say about its media at once, in UTF-16 units. A description of all slots takes 82 KiB in
 * Chromium, and 87 KiB in JSON, since it lists every codec for each; a message of 256 KiB is what every engine takes.
 */
export const MAX_MEDIA_TEXT_LENGTH = 131_072
/** What a section of a description is called: a number in today's engines. */
export const MAX_MID_LENGTH = 16
/** Streams of media that a member has at a time, and tracks of each. */
export const MAX_MEDIA_STREAMS = 16
export const MAX_STREAM_TRACKS = 8
/** What the application says of a stream, encoded. */
export const MAX_MEDIA_METADATA_BYTES = 1_024
