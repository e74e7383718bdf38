import { encodeUtf8 } from '../util/bytes.js'

/**
 * The purposes that keys, hashes, signatures and associated data are made for. One purpose each, so that bytes made for
 * one can never be mistaken for another; the list is closed, and a label is never reused for a second purpose.
 */
export type Label =
  | 'topic'
  | 'hello'
  | 'hello-ad'
  | 'psk'
  | 'group-id'
  | 'typed-key'
  | 'sid'
  | 'cert'
  | 'record'
  | 'bcast-batch'
  | 'session'
  | 'sig-i2r'
  | 'sig-r2i'
  | 'relay-i2r'
  | 'relay-r2i'
  | 'bind'
  | 'bind-i2r'
  | 'bind-r2i'
  | 'ws-i2r'
  | 'ws-r2i'
  | 'refuse'
  | 'refusal'
  | 'offer'
  | 'bot-invite'
  | 'bot-cert'
  | 'bot-reply'
  | 'identity-check'
  | 'safety'
  | 'log-head'
  | 'log-id'
  | 'log-block'
  | 'log-lock'
  | 'log-cap'
  | 'log-link'
  | 'store-default'
  | 'store-list'
  | 'store-log'
  | 'store-list-of'
  | 'store-check'

/** A label as it is hashed, signed or authenticated. */
export const labelBytes = (label: Label): Uint8Array => encodeUtf8(`skein/v1/${label}`)
