/** A member or server did what the protocol forbids. The carrier that brought it is closed; nobody else notices. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation'
}
