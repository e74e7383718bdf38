import type { StreamHub } from '../mesh/streams.js'
import type { TransferFrame } from '../protocol/transfer-frames.js'
import { Control } from './control.js'
import type { TransferDeps } from './deps.js'
import type { Duplex } from './duplex.js'
import { Duplexes, type DuplexApp, type OpenDuplexOptions } from './duplexes.js'
import { IncomingFiles, type FileApp } from './incoming-files.js'
import { OutgoingFiles, type SendFileOptions } from './outgoing-files.js'
import type { FileSource } from './source.js'
import type { Transfer } from './transfer.js'

/** Who is told of what other members offer and open. Must not throw. */
export interface TransferApp extends FileApp, DuplexApp {}

/** All files and duplexes of a group, over however many joins. One for each hub, before anything comes on it. */
export class Transfers {
  readonly #incoming: IncomingFiles
  readonly #outgoing: OutgoingFiles
  readonly #duplexes: Duplexes

  constructor(hub: StreamHub, app: TransferApp, deps: TransferDeps) {
    const lost = (from: string): void => {
      if (hub.members.length === 0) this.groupLeft()
      else this.#memberLeft(from)
    }
    const control = new Control(hub, (from, frame) => this.#handle(from, frame), lost)
    this.#incoming = new IncomingFiles(hub, control, deps, app)
    this.#outgoing = new OutgoingFiles(hub, control, deps)
    this.#duplexes = new Duplexes(hub, control, deps, app)
    hub.onMember(({ id, isHere }) => {
      if (!isHere) this.#memberLeft(id)
    })
  }

  /**
   * Offers a file, and sends it to those who accept, read once for all of them: bytes and Blobs are read anew for those
   * who accept once the others have begun; a stream is read when all have answered, or after 30 s when one has. Memory
   * stays within a few windows of 2 MiB for each recipient, whatever the size. `source` is not to be changed meanwhile; a
   * stream is taken over, and cancelled when nobody reads it to its end.
   *
   * Settles as {@link Transfer} says. Throws a `TypeError` or `RangeError` for bad arguments.
   */
  sendFile(source: FileSource, options: SendFileOptions): Transfer {
    return this.#outgoing.send(source, options)
  }

  /**
   * Opens a stream of bytes each way with a member. Resolves when it has taken it, or rejects with `duplex-refused` (nobody
   * listens there, or too many are open), `not-joined`, `member-unknown`, `member-left`, `closed`, or the reason of `signal`.
   * Throws a `TypeError` or `RangeError` for bad arguments.
   */
  openDuplex(to: string, options: OpenDuplexOptions = {}): Promise<Duplex> {
    return this.#duplexes.open(to, options)
  }

  /** This join is over: all that goes on fails with `closed`. The next may follow. */
  groupLeft(): void {
    this.#outgoing.groupLeft()
    this.#incoming.groupLeft()
    this.#duplexes.groupLeft()
  }

  #memberLeft(id: string): void {
    this.#outgoing.memberLeft(id)
    this.#incoming.memberLeft(id)
    this.#duplexes.memberLeft(id)
  }

  #handle(from: string, frame: TransferFrame): void {
    switch (frame.type) {
      case 'offer':
      case 'withdraw':
        return this.#incoming.handle(from, frame)
      case 'accept':
      case 'reject':
      case 'progress':
      case 'done':
      case 'fail':
        return this.#outgoing.handle(from, frame)
      case 'open':
      case 'opened':
      case 'refuse':
      case 'abort':
      case 'stop':
        return this.#duplexes.handle(from, frame)
    }
  }
}
