import { MAX_RECORD_BLOCK_BYTES, MAX_BLOCK_BYTES, MAX_LOG_REQUESTS } from '../../protocol/limits.js'
import { encodeLogFrame, type LogFrame } from '../../protocol/log-frames.js'
import type { VerifiedBlock } from '../accept.js'
import type { Core } from '../core.js'
import type { Frontier } from '../tree/frontier.js'
import type { BlockRange, KnownNode } from '../tree/positions.js'
import { RunVerifier } from '../tree/runs.js'
import type { OpenRequests } from './open-requests.js'
import { Pace } from './pace.js'
import type { Timing } from './port.js'
import { Violation } from './violation.js'

/** Of blocks that are asked for and not stored. */
const WINDOW_BYTES = 4_194_304
/** Of all requests that may be open: one is for how the log grew, one for what is durable. */
const MAX_REQUESTS = MAX_LOG_REQUESTS - 2
/** Weight of the newest round trip in what is known of them. */
const RTT_GAIN = 0.25

export interface Fetched {
  readonly blocks: readonly VerifiedBlock[]
  readonly siblings: readonly KnownNode[]
}

interface Pending {
  readonly run: BlockRange
  /** Of the tree that they are asked against. */
  readonly size: number
  readonly verifier: RunVerifier
  readonly blocks: VerifiedBlock[]
  readonly bytes: number
  /** What was to come when it was asked for, with its own. */
  readonly bytesAhead: number
  readonly askedMs: number
  /** Whether the peer was told before to look at what it sends. */
  readonly isChecked: boolean
  bytesLeft: number
}

export interface FetchingParts {
  readonly core: Core
  readonly timing: Timing
  readonly requests: OpenRequests
  readonly send: (frame: Uint8Array) => void
  /** An answer is whole, and verified. Resolves when the blocks are stored, or cannot be; never rejects. */
  readonly fetched: (run: BlockRange, fetched: Fetched) => Promise<void>
  /** Whether the tree of this size of the peer is the one that is here. It may be another one, and no lie, where the log is forked. */
  readonly isBound: (size: number) => boolean
  /** These did not fit the tree that is here, and the peer is not bound to. */
  readonly unfit: (run: BlockRange) => void
  /**
   * These have not come for long, though no more than so much a millisecond was before them; with 0, nothing has. Whether they are to be given up
   * here.
   */
  readonly late: (run: BlockRange, bytesPerMs: number) => boolean
  /** These will not come by that request. */
  readonly missed: (run: BlockRange) => void
  /** There is room for another request. */
  readonly freed: () => void
}

/** What one peer is asked for and has not brought. */
export class Fetching {
  readonly #parts: FetchingParts
  readonly #pending = new Map<number, Pending>()
  readonly #pace = new Pace()
  /** Of what is asked for and of what is being stored. */
  #bytes = 0
  /** Of what is asked for alone. */
  #bytesAhead = 0
  /** Whether the peer has been told to look at what it sends. */
  #isChecking = false
  #rttMs: number | null = null
  /** The largest block of the last answer; 0 before there was one. */
  #lastBytes = 0
  /** What a block takes, as far as answers have told; before, what it takes at most. */
  #blockBytes = MAX_BLOCK_BYTES

  constructor(parts: FetchingParts) {
    this.#parts = parts
  }

  /** From a request to the first of its answer; `null` before there was one. */
  get rttMs(): number | null {
    return this.#rttMs
  }

  get isBusy(): boolean {
    return this.#pending.size > 0
  }

  get bytesPerMs(): number {
    return this.#pace.bytesPerMs
  }

  get load(): number {
    return this.#bytes
  }

  /** How many blocks an answer is expected to have room for. More would come after what lies behind them, and be stored apart from it. */
  get answerBlocks(): number {
    return Math.max(1, Math.floor(MAX_RECORD_BLOCK_BYTES / this.#lastBytes))
  }

  /** Whether a run of so many blocks may be asked for now: always one, and more as far as they come soon. */
  takes(blocks: number): boolean {
    const bytes = this.#weightOf(blocks)
    if (this.#bytes + bytes > WINDOW_BYTES || this.#parts.requests.size >= MAX_REQUESTS) return false
    return this.#pending.size === 0 || this.#bytesAhead + bytes <= this.#pace.bytesAhead
  }

  /** Against a tree whose edge is known. */
  ask(run: BlockRange, frontier: Frontier): void {
    const { timing, core, send, requests } = this.#parts
    const id = requests.begin((isSilent) => this.#late(id, isSilent))
    const bytes = this.#weightOf(run.end - run.start)
    this.#bytes += bytes
    this.#bytesAhead += bytes
    this.#pending.set(id, {
      run,
      size: frontier.size,
      verifier: new RunVerifier(core.parts.hash, frontier, run.start),
      blocks: [],
      bytes,
      bytesAhead: this.#bytesAhead,
      askedMs: timing.now(),
      isChecked: this.#isChecking,
      bytesLeft: MAX_RECORD_BLOCK_BYTES,
    })
    send(encodeLogFrame({ type: 'req', id, start: run.start, count: run.end - run.start, size: frontier.size }))
  }

  /**
   * Throws a `Violation` for what was never asked for, and for what is not proved, as soon as that is no damage which the peer may not know of.
   */
  data({ id, isLast, first, blocks }: Extract<LogFrame, { type: 'data' }>): void {
    const pending = this.#pending.get(id)
    // Given up meanwhile.
    if (pending === undefined) return
    if (pending.blocks.length === 0) this.#measure(pending)
    const next = pending.run.start + pending.blocks.length
    if (first !== next || next + blocks.length > pending.run.end) throw new Violation('blocks that were not asked for')
    for (const { block, proof } of blocks) {
      const nodes = pending.verifier.next(block, proof)
      if (nodes === null) return this.#unfit(id, pending)
      pending.bytesLeft -= block.length
      if (pending.bytesLeft < 0) throw new Violation('an answer that is too large')
      pending.blocks.push({ index: pending.run.start + pending.blocks.length, block, nodes })
    }
    if (isLast) this.#finish(id, pending)
  }

  /** The peer has not what was asked for by this id, of a run its first block; `null` for an answer that is too late. */
  noData(id: number): BlockRange | null {
    const pending = this.#pending.get(id)
    if (pending === undefined) return null
    if (pending.blocks.length > 0) throw new Violation('an answer that is taken back')
    this.#drop(id, pending)
    return pending.run
  }

  /** Nothing is asked for any more; `missed` is told of all. */
  close(): void {
    for (const [id, pending] of [...this.#pending]) {
      this.#drop(id, pending)
      this.#parts.missed(pending.run)
    }
  }

  #late(id: number, isSilent: boolean): void {
    const pending = this.#pending.get(id) as Pending
    const { run, bytesAhead, askedMs } = pending
    const bytesPerMs = isSilent ? 0 : bytesAhead / (this.#parts.timing.now() - askedMs)
    if (!this.#parts.late(run, bytesPerMs)) return
    this.#drop(id, pending)
    this.#parts.send(encodeLogFrame({ type: 'cancel', id }))
    this.#parts.missed(run)
  }

  #unfit(id: number, pending: Pending): void {
    const isBound = this.#parts.isBound(pending.size)
    if (isBound && pending.isChecked) throw new Violation('a block that is not proved')
    this.#drop(id, pending)
    this.#parts.send(encodeLogFrame({ type: 'cancel', id }))
    if (!isBound) return this.#parts.unfit(pending.run)
    if (!this.#isChecking) this.#parts.send(encodeLogFrame({ type: 'check' }))
    this.#isChecking = true
    this.#parts.missed(pending.run)
  }

  #finish(id: number, pending: Pending): void {
    const { run, blocks, verifier, bytes, bytesAhead, askedMs } = pending
    this.#end(id, pending)
    this.#pace.answered(bytes, bytesAhead, this.#parts.timing.now() - askedMs)
    this.#lastBytes = Math.max(...blocks.map(({ block }) => block.length))
    this.#blockBytes = Math.max(this.#lastBytes, this.#blockBytes / 2)
    const got = { start: run.start, end: run.start + blocks.length }
    if (got.end < run.end) this.#parts.missed({ start: got.end, end: run.end })
    void this.#parts.fetched(got, { blocks, siblings: verifier.siblings }).then(() => {
      this.#bytes -= bytes
      this.#parts.freed()
    })
    // A peer that has nothing to do does not wait for what it brought to be stored.
    if (this.#pending.size === 0) this.#parts.freed()
  }

  #drop(id: number, pending: Pending): void {
    this.#end(id, pending)
    this.#bytes -= pending.bytes
  }

  #end(id: number, pending: Pending): void {
    this.#parts.requests.end(id)
    this.#pending.delete(id)
    this.#bytesAhead -= pending.bytes
  }

  /** What an answer is expected to take. */
  #weightOf(blocks: number): number {
    return Math.min(blocks * this.#blockBytes, MAX_RECORD_BLOCK_BYTES)
  }

  #measure({ askedMs }: Pending): void {
    const tookMs = this.#parts.timing.now() - askedMs
    this.#rttMs = this.#rttMs === null ? tookMs : this.#rttMs + (tookMs - this.#rttMs) * RTT_GAIN
  }
}
