import type { StreamHub } from '../mesh/streams.js'
import type { TransferFrame } from '../protocol/transfer-frames.js'
import type { Control } from './control.js'
import type { TransferDeps } from './deps.js'
import { OutgoingFile, type OutgoingFileHost, type OutgoingFileOptions } from './outgoing-file.js'

/** All files that I send. */
export class OutgoingFiles implements OutgoingFileHost {
  readonly hub: StreamHub
  readonly control: Control
  readonly deps: TransferDeps
  readonly #files = new Map<string, OutgoingFile>()

  constructor(hub: StreamHub, control: Control, deps: TransferDeps) {
    this.hub = hub
    this.control = control
    this.deps = deps
  }

  send(options: OutgoingFileOptions): OutgoingFile {
    const file = new OutgoingFile(this, options)
    this.#files.set(file.id, file)
    file.start()
    return file
  }

  over(file: OutgoingFile): void {
    this.#files.delete(file.id)
  }

  /** What a recipient says of a file; of one that is not known, or is over, nothing is of interest. */
  handle(from: string, frame: TransferFrame & { type: 'accept' | 'reject' | 'progress' | 'done' | 'fail' }): void {
    const file = this.#files.get(frame.id)
    if (file === undefined) return
    switch (frame.type) {
      case 'accept':
        return file.accepted(from, frame.offset)
      case 'reject':
        return file.rejected(from, frame.cause, frame.reason)
      case 'progress':
        return file.progressed(from, frame.bytes)
      case 'done':
        return file.done(from)
      case 'fail':
        return file.failed(from, frame.cause, frame.reason)
    }
  }

  memberLeft(id: string): void {
    for (const file of [...this.#files.values()]) file.memberLeft(id)
  }

  groupLeft(): void {
    for (const file of [...this.#files.values()]) file.groupLeft()
  }
}
