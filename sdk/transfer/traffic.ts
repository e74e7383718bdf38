import type { StreamHub } from '../mesh/streams.js'
import type { TransferFrame } from '../protocol/transfer-frames.js'
import { Control } from './control.js'
import type { TransferDeps } from './deps.js'
import type { Duplex } from './duplex.js'
import { Duplexes, type DuplexApp } from './duplexes.js'
import { IncomingFiles, type FileApp } from './incoming-files.js'
import type { OutgoingFileOptions } from './outgoing-file.js'
import { OutgoingFiles } from './outgoing-files.js'
import type { TransferSource } from './transfer.js'

/** Who is told of what other members offer and open. Must not throw. */
export interface TransferApp extends FileApp, DuplexApp {}

/**
 * All that goes between members for their files and duplexes, over however many joins. Loaded with the first of them; one
 * for each hub, before anything comes on it.
 */
export class TransferTraffic {
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

  /** Only while the group is joined. */
  sendFile(options: OutgoingFileOptions): TransferSource {
    return this.#outgoing.send(options)
  }

  /** Only while the group is joined. */
  openDuplex(to: string, label: string, signal: AbortSignal | undefined): Promise<Duplex> {
    return this.#duplexes.open(to, label, signal)
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
