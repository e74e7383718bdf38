import type { StreamHub } from '../mesh/streams.js'
import type { TransferDeps } from './deps.js'
import { duplexAction, readDuplexCall, type OpenDuplexOptions } from './duplex-call.js'
import type { Duplex } from './duplex.js'
import { fileAction, readFileCall, type SendFileOptions } from './file-call.js'
import type { FileSource } from './source.js'
import type { TransferTraffic } from './traffic.js'
import { Transfer } from './transfer.js'
import { UnsentFile } from './unsent-file.js'

/** What files and duplexes have to know of their group, joined or not. */
type TransferHome = Pick<StreamHub, 'assertJoined'>

/** What a group's application asks for, joined or not: files to send, and duplexes to open. */
export class Transfers {
  readonly #home: TransferHome
  readonly #randomBytes: TransferDeps['randomBytes']
  #traffic: TransferTraffic | null = null

  constructor(home: TransferHome, randomBytes: TransferDeps['randomBytes']) {
    this.#home = home
    this.#randomBytes = randomBytes
  }

  /** Once, before the group is joined for the first time. */
  start(traffic: TransferTraffic): void {
    this.#traffic = traffic
  }

  /**
   * Offers a file, and sends it to those who accept, read once for all of them: bytes and Blobs are read anew for those
   * who accept once the others have begun; a stream is read when all have answered, or after 30 s when one has. A recipient
   * that takes nothing for 30 s while others wait is read for anew, or of a stream fails with `member-stalled`. Memory
   * stays within a few windows of 2 MiB for each recipient, whatever the size. `source` is not to be changed meanwhile; a
   * stream is taken over, and cancelled when nobody reads it to its end.
   *
   * Settles as {@link Transfer} says. Throws a `TypeError` or `RangeError` for bad arguments.
   */
  sendFile(source: FileSource, options: SendFileOptions): Transfer {
    const call = readFileCall(source, options, this.#randomBytes)
    let traffic: TransferTraffic
    try {
      traffic = this.#joinedTraffic(fileAction, call.signal)
    } catch (error) {
      return new Transfer(new UnsentFile(call, error))
    }
    return new Transfer(traffic.sendFile(call))
  }

  /**
   * Opens a stream of bytes each way with a member. Resolves when it has taken it, or rejects with `duplex-refused` (nobody
   * listens there, or too many are open), `not-joined`, `member-unknown`, `member-left`, `closed`, or the reason of `signal`.
   * Throws a `TypeError` or `RangeError` for bad arguments.
   */
  openDuplex(to: string, options: OpenDuplexOptions = {}): Promise<Duplex> {
    const label = readDuplexCall(to, options)
    return this.#openDuplex(to, label, options.signal)
  }

  // Whatever is thrown in here is a rejection.
  async #openDuplex(to: string, label: string, signal: AbortSignal | undefined): Promise<Duplex> {
    return this.#joinedTraffic(duplexAction, signal).openDuplex(to, label, signal)
  }

  #joinedTraffic(action: string, signal: AbortSignal | undefined): TransferTraffic {
    signal?.throwIfAborted()
    this.#home.assertJoined(action)
    // It came with the join.
    return this.#traffic as TransferTraffic
  }

  /** This join is over. */
  groupLeft(): void {
    this.#traffic?.groupLeft()
  }
}
