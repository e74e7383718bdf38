import { MAX_LOG_REQUESTS, MAX_RECORD_BLOCK_BYTES } from '../../protocol/limits.js'
import { encodeLogData, encodeLogFrame, type LogFrame, type ProvedBlock } from '../../protocol/log-frames.js'
import type { Core, StoredBlock } from '../core.js'
import { damaged } from '../failures.js'
import { Frontier } from '../tree/frontier.js'
import { growthNodes } from '../tree/growth.js'
import { nodesOf } from '../tree/positions.js'
import { runProof, RunVerifier } from '../tree/runs.js'
import type { Timing } from './port.js'
import { Violation } from './violation.js'

/** Blocks go together as far as a message of a stream in bulk takes them, with the proof of the largest. */
const MESSAGE_BYTES = 63_000
/** What a block takes beside itself and its proof. */
const BLOCK_HEAD_BYTES = 4
/** How long what was read ahead is kept for a peer that takes nothing: one may have a thousand logs open. */
const KEEP_MS = 1_000
const HASH_BYTES = 32

type Request = Extract<LogFrame, { type: 'req' | 'ask' | 'keep' }>

/** Answers what one peer asks, one request after the other. */
export class Serving {
  readonly #core: Core
  readonly #timing: Timing
  readonly #send: (...frame: readonly Uint8Array[]) => Promise<void>
  /** By id, in the order in which they came. */
  readonly #waiting = new Map<number, Request>()
  #isRunning = false
  /** What was read and not asked for yet, or not answered. */
  #row: StoredBlock[] = []
  #isChecking = false
  /** Of the one that is being answered; `null` when nobody waits for that any more. */
  #answered: number | null = null

  constructor(core: Core, timing: Timing, send: (...frame: readonly Uint8Array[]) => Promise<void>) {
    this.#core = core
    this.#timing = timing
    this.#send = send
  }

  /** Throws a `Violation` for one too many, and for an id that is in use. */
  ask(request: Request): void {
    if (this.#waiting.has(request.id) || this.#answered === request.id)
      throw new Violation('request with an id that is in use')
    if (this.#waiting.size >= MAX_LOG_REQUESTS) throw new Violation('too many requests')
    this.#waiting.set(request.id, request)
    if (!this.#isRunning) void this.#run()
  }

  cancel(id: number): void {
    this.#waiting.delete(id)
    if (this.#answered === id) this.#answered = null
  }

  /** Verifies blocks from now on before they are sent. As long as nothing is damaged, the peer alone does: twice costs a fifth more. */
  check(): void {
    this.#isChecking = true
  }

  /** What is under way ends by itself. */
  close(): void {
    this.#waiting.clear()
    this.#answered = null
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let [next] = this.#waiting.values(); next !== undefined; [next] = this.#waiting.values()) {
      const { id } = next
      this.#waiting.delete(id)
      this.#answered = id
      // What cannot be read here is as if it were not here; `get` and `audit()` tell of it.
      const isDone = await this.#answer(next).catch(() => false)
      if (!isDone && this.#answered === id) await this.#send(encodeLogFrame({ type: 'nodata', id }))
      this.#answered = null
    }
    this.#row = []
    this.#isRunning = false
  }

  #answer(request: Request): Promise<boolean> {
    switch (request.type) {
      case 'req':
        return this.#blocks(request)
      case 'ask':
        return this.#growth(request)
      case 'keep':
        return this.#kept(request)
    }
  }

  async #kept({ id, start, count }: Extract<LogFrame, { type: 'keep' }>): Promise<boolean> {
    if (!(await this.#core.persist(start, start + count))) return false
    await this.#send(encodeLogFrame({ type: 'kept', id }))
    return true
  }

  async #growth({ id, from }: Extract<LogFrame, { type: 'ask' }>): Promise<boolean> {
    const { size, head } = this.#core.state
    if (head === null || from >= size) return false
    const nodes = await this.#core.nodes(growthNodes(from, size))
    if (nodes === null) return false
    await this.#send(encodeLogFrame({ type: 'up', id, head, nodes }))
    return true
  }

  async #blocks({ id, start, count, size }: Extract<LogFrame, { type: 'req' }>): Promise<boolean> {
    if (size > this.#core.state.size) return false
    const verifier = this.#isChecking ? await this.#verifier(size, start) : null
    let [first, bytes, total] = [start, 0, 0]
    let blocks: ProvedBlock[] = []
    const flush = async (isLast: boolean): Promise<void> => {
      const stopTimer = this.#timing.setTimer(KEEP_MS, () => (this.#row = []))
      await this.#send(...encodeLogData({ id, isLast, first, blocks })).finally(stopTimer)
      first += blocks.length
      blocks = []
      bytes = 0
    }
    for (let index = start; index < start + count && this.#answered === id; index++) {
      // One that cannot be read ends the answer as one that is not here does, and takes none of those before with it.
      const next = await this.#proved(await this.#stored(index, start + count), size, index === start).catch(() => null)
      if (
        next === null ||
        verifier?.next(next.block, next.proof) === null ||
        (index > start && total + next.block.length > MAX_RECORD_BLOCK_BYTES)
      )
        break
      const takes = BLOCK_HEAD_BYTES + next.block.length + next.proof.length * HASH_BYTES
      if (blocks.length > 0 && bytes + takes > MESSAGE_BYTES) await flush(false)
      blocks.push(next)
      bytes += takes
      total += next.block.length
    }
    if (blocks.length === 0) return false
    if (this.#answered === id) await flush(true)
    return true
  }

  /** As far as it is known what will be asked for, what follows is read with it. */
  async #stored(index: number, end: number): Promise<StoredBlock | undefined> {
    if (this.#row[0]?.index !== index) {
      let to = end
      for (const next of this.#waiting.values()) if (next.type === 'req' && next.start === to) to += next.count
      this.#row = [...(await this.#core.servedRow(index, to).catch(() => []))]
    }
    return this.#row.shift()
  }

  async #proved(stored: StoredBlock | undefined, size: number, isFirst: boolean): Promise<ProvedBlock | null> {
    if (stored === undefined) return null
    const proof = await this.#core.nodes(runProof(stored.index, size, isFirst))
    return proof === null ? null : { block: stored.found, proof }
  }

  /** Against the tree of this size, as it is known here. Rejects where that is not. */
  async #verifier(size: number, start: number): Promise<RunVerifier> {
    const peaks = await this.#core.nodes(nodesOf({ start: 0, end: size }))
    if (peaks === null) throw damaged('the edge of its tree is missing')
    return new RunVerifier(this.#core.parts.hash, Frontier.of(size, peaks), start)
  }
}
