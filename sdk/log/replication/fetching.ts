import { MAX_RECORD_BLOCK_BYTES, MAX_BLOCK_BYTES, MAX_LOG_REQUESTS } from '../../protocol/limits.js'
import { encodeLogFrame, type LogFrame } from '../../protocol/log-frames.js'
import type { VerifiedBlock } from '../accept.js'
import type { Core } from '../core.js'
import type { Frontier } from '../tree/frontier.js'
import type { BlockRange, KnownNode } from '../tree/positions.js'
import { RunVerifier } from '../tree/runs.js'
import type { Timing } from './port.js'
import { Violation } from './violation.js'

/** Without a sign of an answer for so long, somebody else is asked: three times what a phone takes to come out of a tunnel. */
const REQUEST_TIMEOUT_MS = 10_000
/** Of blocks that are asked for and not stored. */
const WINDOW_BYTES = 4_194_304
/** Sizes from which on somebody is asked how the log grew: its own, and what other peers show that it cannot be compared with. */
const MAX_GROWTHS = 8
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
  readonly askedMs: number
  bytesLeft: number
  stopTimer: () => void
}

interface Keep {
  readonly stopTimer: () => void
  readonly done: (isKept: boolean) => void
}

export interface FetchingParts {
  readonly core: Core
  readonly timing: Timing
  readonly send: (frame: Uint8Array) => void
  /** An answer is whole, and verified. Resolves when the blocks are stored, or cannot be; never rejects. */
  readonly fetched: (run: BlockRange, fetched: Fetched) => Promise<void>
  /** Whether the tree of this size of the peer is the one that is here. It may be another one, and no lie, where the log is forked. */
  readonly isBound: (size: number) => boolean
  /** These did not fit the tree that is here, and the peer is not bound to. */
  readonly unfit: (run: BlockRange) => void
  /** These will not come by that request. `isLate` when nothing was said about them for too long. */
  readonly missed: (run: BlockRange, isLate: boolean) => void
  /** There is room for another request. */
  readonly freed: () => void
}

/** What one peer is asked for and has not brought. */
export class Fetching {
  readonly #parts: FetchingParts
  readonly #pending = new Map<number, Pending>()
  #nextId = 0
  #hasGrowthAnswer = false
  /** Of what is asked for and of what is being stored. */
  #bytes = 0
  readonly #keeps = new Map<number, Keep>()
  readonly #growths = new Map<number, { readonly from: number; readonly stopTimer: () => void }>()
  #rttMs: number | null = null
  /** What a block takes, as far as answers have told; before, what it takes at most. */
  #blockBytes = MAX_BLOCK_BYTES

  constructor(parts: FetchingParts) {
    this.#parts = parts
  }

  /** From a request to the first of its answer; `null` before there was one. */
  get rttMs(): number | null {
    return this.#rttMs
  }

  /** Whether the peer has ever told how the log grew, or that it did not. */
  get hasGrowthAnswer(): boolean {
    return this.#hasGrowthAnswer
  }

  get load(): number {
    return this.#bytes
  }

  /** Whether a run of so many blocks may be asked for now. */
  takes(blocks: number): boolean {
    const isRoom = this.#bytes + this.#weightOf(blocks) <= WINDOW_BYTES
    return isRoom && this.#pending.size + this.#keeps.size < MAX_LOG_REQUESTS - 1
  }

  /** Against a tree whose edge is known. */
  ask(run: BlockRange, frontier: Frontier): void {
    const { timing, core, send } = this.#parts
    const id = this.#nextId++
    const bytes = this.#weightOf(run.end - run.start)
    const verifier = new RunVerifier(core.parts.hash, frontier, run.start)
    const { size } = frontier
    const pending = { run, size, verifier, blocks: [], bytes, askedMs: timing.now(), bytesLeft: MAX_RECORD_BLOCK_BYTES }
    this.#pending.set(id, { ...pending, stopTimer: this.#timer(id) })
    this.#bytes += bytes
    send(encodeLogFrame({ type: 'req', id, start: run.start, count: run.end - run.start, size: frontier.size }))
  }

  /** Whether the peer has all of these durably; not, when it does not say so in time. */
  keep({ start, end }: BlockRange): Promise<boolean> {
    const id = this.#nextId++
    return new Promise((resolve) => {
      const done = (isKept: boolean): void => {
        this.#keeps.get(id)?.stopTimer()
        this.#keeps.delete(id)
        resolve(isKept)
      }
      const stopTimer = this.#parts.timing.setTimer(REQUEST_TIMEOUT_MS, () => done(false))
      this.#keeps.set(id, { done, stopTimer })
      this.#parts.send(encodeLogFrame({ type: 'keep', id, start, count: end - start }))
    })
  }

  kept(id: number): void {
    this.#assertAsked(id)
    this.#keeps.get(id)?.done(true)
  }

  /** How the log grew from this size on. Without effect while that is being asked, or too much is. */
  askGrowth(from: number): void {
    const isAsked = [...this.#growths.values()].some((growth) => growth.from === from)
    if (isAsked || this.#growths.size >= MAX_GROWTHS) return
    const id = this.#nextId++
    const stopTimer = this.#parts.timing.setTimer(REQUEST_TIMEOUT_MS, () => this.#growths.delete(id))
    this.#growths.set(id, { from, stopTimer })
    this.#parts.send(encodeLogFrame({ type: 'ask', id, from }))
  }

  /** From which size on growth was asked for by this id; `null` for an answer that is too late. */
  growthAnswered(id: number): number | null {
    this.#assertAsked(id)
    const growth = this.#growths.get(id)
    if (growth === undefined) return null
    growth.stopTimer()
    this.#growths.delete(id)
    this.#hasGrowthAnswer = true
    return growth.from
  }

  /** Throws a `Violation` for what was never asked for or is not proved. */
  data({ id, isLast, first, blocks }: Extract<LogFrame, { type: 'data' }>): void {
    this.#assertAsked(id)
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
    pending.stopTimer()
    if (isLast) this.#finish(id, pending)
    else pending.stopTimer = this.#timer(id)
  }

  /** The peer has not what was asked for by this id: of a run, its first block. `null` when that was not blocks, or is too late. */
  noData(id: number): BlockRange | null {
    if (this.growthAnswered(id) !== null) return null
    this.#keeps.get(id)?.done(false)
    const pending = this.#pending.get(id)
    if (pending === undefined) return null
    if (pending.blocks.length > 0) throw new Violation('an answer that is taken back')
    this.#drop(id, pending)
    return pending.run
  }

  /** Nothing is asked for any more; `missed` is told of all. */
  close(): void {
    for (const { stopTimer } of this.#growths.values()) stopTimer()
    this.#growths.clear()
    for (const { done } of [...this.#keeps.values()]) done(false)
    for (const [id, pending] of [...this.#pending]) {
      this.#drop(id, pending)
      this.#parts.missed(pending.run, false)
    }
  }

  #unfit(id: number, pending: Pending): void {
    if (this.#parts.isBound(pending.size)) throw new Violation('a block that is not proved')
    this.#drop(id, pending)
    this.#parts.send(encodeLogFrame({ type: 'cancel', id }))
    this.#parts.unfit(pending.run)
  }

  #finish(id: number, pending: Pending): void {
    this.#pending.delete(id)
    const { run, blocks, verifier, bytes } = pending
    const largest = Math.max(...blocks.map(({ block }) => block.length))
    this.#blockBytes = Math.max(largest, this.#blockBytes / 2)
    const got = { start: run.start, end: run.start + blocks.length }
    if (got.end < run.end) this.#parts.missed({ start: got.end, end: run.end }, false)
    void this.#parts.fetched(got, { blocks, siblings: verifier.siblings }).then(() => {
      this.#bytes -= bytes
      this.#parts.freed()
    })
  }

  #drop(id: number, pending: Pending): void {
    pending.stopTimer()
    this.#pending.delete(id)
    this.#bytes -= pending.bytes
  }

  /** What an answer is expected to take. */
  #weightOf(blocks: number): number {
    return Math.min(blocks * this.#blockBytes, MAX_RECORD_BLOCK_BYTES)
  }

  #timer(id: number): () => void {
    return this.#parts.timing.setTimer(REQUEST_TIMEOUT_MS, () => {
      const pending = this.#pending.get(id) as Pending
      this.#drop(id, pending)
      this.#parts.send(encodeLogFrame({ type: 'cancel', id }))
      this.#parts.missed(pending.run, true)
    })
  }

  #measure({ askedMs }: Pending): void {
    const tookMs = this.#parts.timing.now() - askedMs
    this.#rttMs = this.#rttMs === null ? tookMs : this.#rttMs + (tookMs - this.#rttMs) * RTT_GAIN
  }

  #assertAsked(id: number): void {
    if (id >= this.#nextId) throw new Violation('an answer to nothing')
  }
}
