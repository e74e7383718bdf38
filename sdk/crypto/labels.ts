/**
 * The purposes that keys, hashes and signatures are derived for. One purpose each, so that bytes made for one can
 * never be mistaken for another; the list is closed, and a label is never reused for a second purpose.
 */
export type Label =
  | 'topic'
  | 'hello'
  | 'psk'
  | 'group-id'
  | 'sid'
  | 'cert'
  | 'session'
  | 'sig-i2r'
  | 'sig-r2i'
  | 'relay-i2r'
  | 'relay-r2i'
  | 'bind-i2r'
  | 'bind-r2i'
  | 'ws-i2r'
  | 'ws-r2i'
  | 'bot-invite'
  | 'bot-proof'
  | 'record'
  | 'identity-check'
  | 'safety'
