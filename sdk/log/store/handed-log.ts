import { InnerAddress, type SoughtAddress } from '../address.js'
import { Log } from '../log.js'
import type { LogOptions } from '../options.js'
import type { ValueEncoding } from '../values.js'

/** A log that a store has handed out, and closes unless its user does. */
export class HandedLog<Encoding extends ValueEncoding> extends Log<Encoding> {
  readonly #closed: (log: { close(): Promise<void> }) => void

  constructor(
    address: SoughtAddress,
    options: LogOptions<Encoding>,
    closed: (log: { close(): Promise<void> }) => void,
  ) {
    super(new InnerAddress(address) as never, options)
    this.#closed = closed
  }

  override close(): Promise<void> {
    this.#closed(this)
    return super.close()
  }
}
