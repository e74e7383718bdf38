/** What no device that keeps to the protocol sends. */
export class Violation extends Error {
  override readonly name = 'Violation'
}
