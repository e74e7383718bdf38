import type { Note } from '../note.js'
import { safeType } from './images.js'
import { maxArrivingBytes, maxFileBytes } from './limits.js'

export interface FileInfo {
  readonly from: string
  readonly file: string
  readonly name: string
  readonly mime: string
  readonly size: number
}

export type FileFailure = 'too-large' | 'too-much' | 'damaged' | 'cancelled' | 'sender-left'

export interface IncomingHandlers {
  onBegin(info: FileInfo): void
  onProgress(info: FileInfo, receivedBytes: number): void
  onDone(info: FileInfo, blob: Blob): void
  /** Also for one that never began. */
  onFailed(info: FileInfo, why: FileFailure): void
  /** The sender is to be told to stop. */
  onRefuse(info: FileInfo): void
}

interface Arriving {
  readonly info: FileInfo
  readonly slices: Uint8Array<ArrayBuffer>[]
  receivedBytes: number
}

const keyOf = (from: string, file: string): string => `${from} ${file}`

/**
 * Files on their way to this page, by sender and file, so that those of several senders do not mix. No more is taken in
 * than was announced, and no more announced than fits.
 */
export class IncomingFiles {
  readonly #handlers: IncomingHandlers
  readonly #arriving = new Map<string, Arriving>()

  constructor(handlers: IncomingHandlers) {
    this.#handlers = handlers
  }

  handle(from: string, note: Extract<Note, { type: 'file' | 'slice' | 'stop' }>): void {
    if (note.type === 'file') this.#begin({ from, file: note.file, name: note.name, mime: note.mime, size: note.size })
    else if (note.type === 'slice') this.#take(keyOf(from, note.file), note.offset, note.bytes)
    else this.#fail(keyOf(from, note.file), 'cancelled')
  }

  /** I do not want it. */
  refuse({ from, file }: FileInfo): void {
    const arriving = this.#arriving.get(keyOf(from, file))
    if (arriving === undefined) return
    this.#handlers.onRefuse(arriving.info)
    this.#fail(keyOf(from, file), 'cancelled')
  }

  /** What is not here whole will not be any more. */
  forget(from: string): void {
    for (const [key, { info }] of this.#arriving) if (info.from === from) this.#fail(key, 'sender-left')
  }

  forgetAll(): void {
    for (const key of [...this.#arriving.keys()]) this.#fail(key, 'sender-left')
  }

  #begin(info: FileInfo): void {
    const key = keyOf(info.from, info.file)
    if (this.#arriving.has(key)) return
    const expected = [...this.#arriving.values()].reduce((sum, arriving) => sum + arriving.info.size, 0)
    const why = info.size > maxFileBytes ? 'too-large' : expected + info.size > maxArrivingBytes ? 'too-much' : null
    if (why !== null) {
      this.#handlers.onRefuse(info)
      this.#handlers.onFailed(info, why)
      return
    }
    const arriving: Arriving = { info, slices: [], receivedBytes: 0 }
    this.#arriving.set(key, arriving)
    this.#handlers.onBegin(info)
    this.#finishIfWhole(key, arriving)
  }

  #take(key: string, offset: number, bytes: Uint8Array): void {
    const arriving = this.#arriving.get(key)
    // Of one that was refused or has failed, a few slices are still on their way.
    if (arriving === undefined) return
    const { info, slices } = arriving
    if (offset !== arriving.receivedBytes || bytes.length === 0 || offset + bytes.length > info.size) {
      this.#handlers.onRefuse(info)
      this.#fail(key, 'damaged')
      return
    }
    // A copy: what was handed over may be part of something larger, which would stay in memory with it.
    slices.push(bytes.slice())
    arriving.receivedBytes += bytes.length
    this.#handlers.onProgress(info, arriving.receivedBytes)
    this.#finishIfWhole(key, arriving)
  }

  #finishIfWhole(key: string, { info, slices, receivedBytes }: Arriving): void {
    if (receivedBytes < info.size) return
    this.#arriving.delete(key)
    this.#handlers.onDone(info, new Blob(slices, { type: safeType(info.mime) }))
  }

  #fail(key: string, why: FileFailure): void {
    const arriving = this.#arriving.get(key)
    if (arriving === undefined) return
    this.#arriving.delete(key)
    this.#handlers.onFailed(arriving.info, why)
  }
}
