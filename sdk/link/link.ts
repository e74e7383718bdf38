import type { Binding, Lane } from '../protocol/carrier.js'
import type { MediaPort } from './media.js'

/**
 * What a link tells its owner. No call is made after `onClose`, after the owner's `close()` or `end()`, nor from inside
 * a call into the link.
 */
export interface LinkHandlers {
  /** A local description (the first call) or a later candidate is ready to travel to the other side. Opaque bytes. */
  onSignal(kind: 'description' | 'candidate', bytes: Uint8Array): void
  /**
   * The reliable lane is open. `room` is what may be written on each lane now, in bytes; 0 for a lane that is not there
   * or not yet: `onRoom` follows when it is.
   */
  onOpen(info: { binding: Binding | null; room: Readonly<Record<Lane, number>> }): void
  /** One frame has arrived. The bytes belong to the receiver. */
  onBytes(lane: Lane, bytes: Uint8Array): void
  /**
   * `bytes` may be written on this lane now, counting all that was written before. Comes when what was written has
   * drained far enough, so that room for one frame of any size always comes back. `bulk`: what of it may be taken by what can wait, if that is less; of that
   * too, room for any frame comes back.
   */
  onRoom(lane: Lane, bytes: number, bulk?: number): void
  /** The link is gone or never came up, and not by the owner's doing; fires at most once. For logs. */
  onClose(reason: string): void
}

/** A carrier to one member. Ordered and without loss on its reliable lane until it closes; then gone for good. */
export interface Link {
  /** Where its media are taken up, from `onOpen` on; nothing before, and on links that carry none. */
  readonly media?: MediaPort | null
  /** Hands in the other side's description or candidate, as its `onSignal` gave it. Garbage closes the link. */
  signal(bytes: Uint8Array): void
  /**
   * Sends one frame of 1 byte to 64 KiB. Ignored unless open. `bytes` are the caller's again after the call, but of a dialed link: there
   * frames are sealed, and it may keep them until sent.
   */
  write(lane: Lane, bytes: Uint8Array): void
  /**
   * Ends at once, dropping what is buffered. Idempotent; releases every resource. The other side is told `code` where the
   * transport carries one.
   */
  close(code?: number): void
  /** Sends what is buffered, at most for `timeoutMs`, then closes. Settles when closed; never rejects. */
  end(timeoutMs: number): Promise<void>
}

/** One way to make links, as it stands in the `transports` option. */
export type Transport = SignaledTransport | DialedTransport

interface TransportBase {
  readonly name: string
  /**
   * Fetches what is loaded late. To be awaited once before anything else is called; further calls cost nothing. Rejects
   * with `engine-missing` where no link could ever be made.
   */
  load(): Promise<void>
}

/** Links that two members make together, by descriptions that travel between them before. */
export interface SignaledTransport extends TransportBase {
  readonly kind: 'signaled'
  /** Whether a link to this member could be made here at all; asked before any set-up. `false` until loaded. */
  canLink(memberId: string): boolean
  /**
   * Begins a link, which opens or closes within 15 s. `remote` is the initiator's description when answering, else
   * `null`. Never throws: what is wrong closes the link.
   */
  open(options: {
    readonly memberId: string
    readonly remote: Uint8Array | null
    readonly iceServers: readonly RTCIceServer[]
    readonly handlers: LinkHandlers
  }): Link
  /** For a transport that is quicker when it makes ready before an offer comes. May throw. */
  expect?(options: { readonly memberId: string; readonly iceServers: readonly RTCIceServer[] }): ExpectedLink
}

/** What is ready for the offer of a member. One of the two is to be called, once. */
export interface ExpectedLink {
  /** As {@link SignaledTransport.open}. */
  open(options: { readonly remote: Uint8Array; readonly handlers: LinkHandlers }): Link
  /** Nobody has begun. */
  close(): void
}

/** Links that one member opens by the address of another. */
export interface DialedTransport extends TransportBase {
  readonly kind: 'dialed'
  /** Begins a link, which opens or closes within 15 s. Never throws: what is wrong closes the link. */
  dial(options: { readonly address: string; readonly handlers: LinkHandlers }): Link
}
