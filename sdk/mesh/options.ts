import type { Admission } from '../crypto/auth.js'
import type { CryptoSuite, KeyPair } from '../crypto/suite.js'
import type { Log } from '../util/log.js'
import type { Path } from './events.js'

/** What an engine is made with. Nothing here changes during a join. */
export interface EngineOptions {
  readonly suite: CryptoSuite
  /** Derived from the group key. */
  readonly keys: {
    /** 32 bytes; all that the signaling server ever sees of the group. */
    readonly topic: Uint8Array
    readonly helloKey: Uint8Array
    /** The ways in which sessions are made, best first. At least one, at most eight. */
    readonly admissions: readonly Admission[]
  }
  /** Ed25519, who I am. */
  readonly identity: KeyPair
  /** X25519, made for this join; the member id follows from it. */
  readonly session: KeyPair
  /** What members are shown of me: JSON in UTF-8, at most 512 bytes. */
  readonly profile: Uint8Array
  readonly bot: boolean
  /** Where sockets to me may be opened; empty for whoever cannot be dialled. At most four. */
  readonly addresses: readonly string[]
  /** Whether addresses in the cards of others may be dialled. */
  readonly dials: boolean
  /** Whether I forward for others. */
  readonly relay: boolean
  /** Whether there is a signaling server to dial. */
  readonly server: boolean
  /** Whether a link to this member could be made at all. */
  readonly canLink: (memberId: string) => boolean
  readonly limits: {
    /** The largest message, sent or received, in bytes. */
    readonly messageBytes: number
    readonly maxLinks: number
    /** How long a member that acknowledges nothing may keep sends waiting, in milliseconds. */
    readonly stallMs: number
  }
  /** How long a silent member keeps its place, in milliseconds. */
  readonly lingerMs: number
  /** Told of each step towards sessions and links, and of silence; not of single messages. */
  readonly log?: Log | undefined
}

/** Another member as the engine sees it now. */
export interface PeerView {
  readonly id: string
  /** Ed25519 public key, 32 bytes. */
  readonly identity: Uint8Array
  /** JSON in UTF-8, as its card says; never checked beyond its size. */
  readonly profile: Uint8Array
  readonly bot: boolean
  readonly path: Path
  /** Round-trip time, rounded to its class, in milliseconds; `null` until measured. */
  readonly rttMs: number | null
}

/**
 * Why a frame of others went no further: I do not relay; no way is known, or only the one that it came by; it has been
 * forwarded eight times, or once by me; too much of the link that brought it waits already.
 */
export type DropReason = 'unwilling' | 'noWay' | 'wayBack' | 'hopLimit' | 'repeat' | 'quota'

/** How one member is reached, as measured. */
export interface PathView {
  readonly id: string
  /** Newest round-trip time along the path, in milliseconds; `null` until measured. */
  readonly rttMs: number | null
  /** The way that would be taken next, through other members, and its own round-trip time. */
  readonly spare: { readonly via: readonly string[]; readonly rttMs: number | null } | null
}

/** Live figures; all counts are since the engine was made. */
export interface EngineStats {
  readonly members: number
  readonly links: number
  readonly sessions: number
  readonly pendingHandshakes: number
  /** For other members. */
  readonly framesForwarded: number
  readonly bytesForwarded: number
  /** Of others, that I did not forward, in all and by reason. */
  readonly framesDropped: number
  readonly dropped: Readonly<Record<DropReason, number>>
  /** Mine that went through other members, and others' for me that came so. */
  readonly relayedFramesSent: number
  readonly relayedBytesSent: number
  readonly relayedFramesReceived: number
  readonly relayedBytesReceived: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly serverFramesSent: number
  readonly serverFramesReceived: number
  readonly serverBytesSent: number
  readonly serverBytesReceived: number
  readonly messagesSent: number
  readonly messagesDelivered: number
  /** Bytes that wait for acknowledgement, summed over members. */
  readonly bytesUnacknowledged: number
}
