import type { Binding, Lane } from '../protocol/carrier.js'

/** What a link tells its owner. No call is made after `onClose`, nor from inside a call into the link. */
export interface LinkHandlers {
  /** A local description (the first call) or a later candidate is ready to travel to the other side. Opaque bytes. */
  onSignal(kind: 'description' | 'candidate', bytes: Uint8Array): void
  /** The channels are open. `room` is what may be written on each lane now, in bytes; 0 for a lane it does not have. */
  onOpen(info: { binding: Binding | null; room: Readonly<Record<Lane, number>> }): void
  /** One frame has arrived. The bytes belong to the receiver. */
  onBytes(lane: Lane, bytes: Uint8Array): void
  /** `bytes` may be written on this lane now, counting all that was written before. */
  onRoom(lane: Lane, bytes: number): void
  /** The link is gone, whoever ended it; fires exactly once, unless the owner called `close()`. */
  onClose(reason: string): void
}

/** A carrier to one member. Ordered and without loss on its reliable lane until it closes; then gone for good. */
export interface Link {
  /** Hands in the other side's description or candidate, as its `onSignal` gave it. Garbage closes the link. */
  signal(bytes: Uint8Array): void
  /** Sends one frame of at most 64 KiB. The link may keep `bytes` until sent. Ignored once closed. */
  write(lane: Lane, bytes: Uint8Array): void
  /** Ends at once, dropping what is buffered. Idempotent; releases every resource. */
  close(): void
  /** Sends what is buffered, at most for `timeoutMs`, then closes. Settles when closed; never rejects. */
  end(timeoutMs: number): Promise<void>
}

/** One way to make links, as it stands in the `transports` option. */
export interface Transport {
  readonly name: string
  /** Whether a link to this member could be made here at all; asked before any set-up. */
  canLink(memberId: string): boolean
  /** Begins a link. `remote` is the initiator's description when answering, else `null`. */
  open(options: {
    readonly memberId: string
    readonly remote: Uint8Array | null
    readonly iceServers: readonly RTCIceServer[]
    readonly handlers: LinkHandlers
  }): Link
}
