/** One of the two ways through a carrier: ordered without loss, or neither. The signaling socket has only the first. */
export type Lane = 'reliable' | 'unreliable'

/** SHA-256 fingerprints of the two DTLS certificates of a WebRTC link, 32 bytes each, as its descriptions state them. */
export interface Binding {
  readonly local: Uint8Array
  readonly remote: Uint8Array
}
