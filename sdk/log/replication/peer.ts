import { logCapabilityOf, logIdOf } from '../../crypto/index.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { decodeLogFrame, encodeLogFrame, type LogFrame } from '../../protocol/log-frames.js'
import { decodeLogHead } from '../../protocol/log-head.js'
import { equalBytes } from '../../util/bytes.js'
import { acceptComparison, acceptEdge, acceptGrowth, type Comparison } from '../accept.js'
import type { Core, HeadRelation } from '../core.js'
import type { BlockRange } from '../tree/positions.js'
import { Fetching, type Fetched } from './fetching.js'
import { Growths } from './growths.js'
import { Holdings } from './holdings.js'
import { Keeps } from './keeps.js'
import { OpenRequests } from './open-requests.js'
import type { LogPort, Timing } from './port.js'
import { Serving } from './serving.js'
import { Telling } from './telling.js'
import { Violation } from './violation.js'

export interface PeerHost {
  /** It has shown that it knows the log, or has more of it than before, or takes more requests. */
  changed(): void
  /** It has shown that it knows the log, and has been told what is here of it. */
  opened(peer: LogPeer): void
  /** Stores it. Resolves when that is done, or cannot be; never rejects. */
  fetched(run: BlockRange, fetched: Fetched): Promise<void>
  /** It has shown a head that nothing can be said of with what is known of the tree here: others may know. */
  doubted(head: Uint8Array): void
  /** It has shown a greater head than before: it may know what could not be compared. */
  shown(): void
  /** It has shown how the log grew from this size, less than it has here. Resolves when that is looked at; never rejects. */
  compared(size: number, comparison: Comparison): Promise<void>
  /**
   * It was asked for these long ago, with no more than so much a millisecond before them; with 0, it is silent. Whether somebody else is better
   * asked.
   */
  isBetterElsewhere(peer: LogPeer, run: BlockRange, bytesPerMs: number): boolean
  /** Others have to be asked for these. */
  missed(run: BlockRange): void
  closed(peer: LogPeer, violation: Violation | null): void
  /** An application's message. */
  heard(peer: LogPeer, name: string, payload: Uint8Array): void
}

type Stage = { readonly name: 'opening' } | { readonly name: 'open' } | { readonly name: 'closed' }

/** One peer that replicates a log with this device: what it has, what it is asked and what it asks. */
export class LogPeer {
  readonly holdings = new Holdings()
  readonly port: LogPort
  readonly fetching: Fetching
  readonly growths: Growths
  readonly keeps: Keeps
  /** Its blocks did not fit, and it has not shown yet that they are of the history that is known here. */
  isDoubtful = false
  readonly #core: Core
  readonly #host: PeerHost
  readonly #requests: OpenRequests
  readonly #serving: Serving
  readonly #telling: Telling
  /** When it was silent for too long, or much slower than another one; `null` when it has answered a request since. */
  #slowSinceMs: number | null = null
  #stage: Stage = { name: 'opening' }
  #size = 0
  /** Up to this size its history was found to be the one that is known here. */
  #provedSize = 0
  /** Of `#size`. */
  #shown: Uint8Array | null = null
  #comparing: Promise<void> | null = null

  constructor(core: Core, port: LogPort, timing: Timing, host: PeerHost) {
    this.#core = core
    this.port = port
    this.#host = host
    const send = (frame: Uint8Array): void => void this.#send(frame)
    const requests = new OpenRequests(timing)
    this.#requests = requests
    this.#serving = new Serving(core, timing, (...frame) => this.#send(...frame))
    this.#telling = new Telling(core, (frame) => this.#send(frame))
    this.growths = new Growths({
      requests,
      timing,
      send,
      again: () => {
        this.#follow()
        host.changed()
      },
    })
    this.keeps = new Keeps({ requests, timing, send })
    this.fetching = new Fetching({
      core,
      timing,
      requests,
      send,
      fetched: (run, fetched) => {
        this.#slowSinceMs = null
        return host.fetched(run, fetched)
      },
      isBound: (size) => size > this.#size || size <= this.#provedSize,
      unfit: (run) => {
        this.isDoubtful = true
        host.missed(run)
      },
      late: (run, bytesPerMs) => {
        const isBetterElsewhere = host.isBetterElsewhere(this, run, bytesPerMs)
        if (bytesPerMs === 0 || isBetterElsewhere) this.#slowSinceMs = timing.now()
        return isBetterElsewhere
      },
      missed: (run) => host.missed(run),
      freed: () => host.changed(),
    })
  }

  get isOpen(): boolean {
    return this.#stage.name === 'open'
  }

  get slowSinceMs(): number | null {
    return this.#slowSinceMs
  }

  /** Of the greatest head that the peer has shown. */
  get size(): number {
    return this.#size
  }

  /** Whether it has told how long the log is. */
  get hasTold(): boolean {
    return this.#size > 0 || this.growths.hasAnswer
  }

  get isClosed(): boolean {
    return this.#stage.name === 'closed'
  }

  /** Shows the peer that this device knows the log. */
  start(): void {
    const { sodium, logKey } = this.#core.parts
    const { binding, isFirst } = this.port
    const capability = logCapabilityOf(sodium, logKey, binding, isFirst)
    void this.#send(encodeLogFrame({ type: 'open', logId: logIdOf(sodium, logKey), capability }))
  }

  /** What the peer says. Resolves when more may come; never rejects. */
  async handle(bytes: Uint8Array): Promise<void> {
    try {
      if (this.#stage.name !== 'closed') await this.#handle(decodeLogFrame(bytes))
    } catch (error) {
      const isTheirs = error instanceof Violation || error instanceof DecodeError
      // Anything else is about this device, and the next frame may find it well.
      if (isTheirs) this.#become({ name: 'closed' }, new Violation(error.message, { cause: error }))
    }
  }

  /** The way to the peer is gone, or is not wanted. Idempotent. */
  close(): void {
    this.#become({ name: 'closed' }, null)
  }

  /** To be called when the log is longer than it was. */
  tellHead(): void {
    if (this.isOpen) this.#telling.head()
  }

  /** To be called when blocks came or went. */
  tellPresence(range: BlockRange): void {
    if (this.isOpen) this.#telling.presence(range)
  }

  /** Resolves when there is room for more. */
  say(name: string, payload: Uint8Array): Promise<void> {
    return this.#send(encodeLogFrame({ type: 'ext', name, payload }))
  }

  tellFork(): void {
    const { fork } = this.#core.state
    if (this.isOpen && fork !== null) void this.#send(encodeLogFrame({ type: 'fork', evidence: fork }))
  }

  /** The head that it has shown, as long as that is not known to be of the history that is known here, or of another. */
  get doubt(): Uint8Array | null {
    return this.isOpen && this.#size > this.#provedSize && this.#core.state.fork === null ? this.#shown : null
  }

  /** To be called when more of the tree is known here than before. Never rejects. */
  async compareAgain(): Promise<void> {
    if (this.doubt === null || this.#size > this.#core.state.size) return
    // What cannot be read here does not say anything of the peer.
    this.#comparing ??= this.#compare()
      .catch(() => undefined)
      .finally(() => (this.#comparing = null))
    await this.#comparing
  }

  async #compare(): Promise<void> {
    const head = this.doubt
    const relation = head === null ? null : await this.#core.compare(head)
    if (head === null || relation === null) return
    this.#judge(relation, head)
    // It may have asked for the proof that there is now.
    if (relation === 'older') this.tellHead()
  }

  #judge(relation: HeadRelation, head: Uint8Array): void {
    if (relation === 'same' || relation === 'older') this.#prove(decodeLogHead(head).size)
    if (relation === 'unknown') this.#host.doubted(head)
  }

  #prove(size: number): void {
    this.#provedSize = Math.max(this.#provedSize, size)
    if (this.#provedSize >= this.#size) this.isDoubtful = false
  }

  /** Asks how the log grew, when this peer has shown a greater head. */
  #follow(): void {
    const { size, fork } = this.#core.state
    if (this.isOpen && !this.#core.isWritable && fork === null && this.#size > size) this.growths.ask(size)
  }

  async #handle(frame: LogFrame): Promise<void> {
    if (frame.type !== 'open' && !this.isOpen) throw new Violation('data before the capability')
    switch (frame.type) {
      case 'open':
        this.#open(frame)
        break
      case 'head':
        await this.#head(frame.head)
        break
      case 'have':
        this.holdings.set(frame.start, Math.min(frame.start + frame.count, this.#size), frame.bits)
        // With what came it may be able to show how the log grew, which it could not before.
        this.#follow()
        this.#host.changed()
        break
      case 'req':
      case 'ask':
      case 'keep':
        this.#serving.ask(frame)
        break
      case 'cancel':
        this.#serving.cancel(frame.id)
        break
      case 'check':
        this.#serving.check()
        break
      case 'data':
        this.#requests.heard(frame.id)
        this.fetching.data(frame)
        break
      case 'up':
        this.#requests.heard(frame.id)
        await this.#grow(frame)
        break
      case 'nodata':
        this.#requests.heard(frame.id)
        this.#noData(frame.id)
        break
      case 'kept':
        this.#requests.heard(frame.id)
        this.keeps.kept(frame.id)
        break
      case 'ext':
        this.#host.heard(this, frame.name, frame.payload.slice())
        break
      case 'fork':
        if (!(await this.#core.freeze(frame.evidence.slice()))) throw new Violation('evidence that proves no fork')
    }
  }

  #open({ logId, capability }: Extract<LogFrame, { type: 'open' }>): void {
    const { sodium, logKey } = this.#core.parts
    const { binding, isFirst } = this.port
    if (this.isOpen) throw new Violation('a second capability')
    const expected = logCapabilityOf(sodium, logKey, binding, !isFirst)
    const isRight = equalBytes(logId, logIdOf(sodium, logKey)) && equalBytes(capability, expected)
    if (!isRight) throw new Violation('no capability for this log')
    this.#become({ name: 'open' }, null)
    this.tellHead()
    this.#telling.all()
    this.tellFork()
    this.#host.opened(this)
  }

  async #head(head: Uint8Array): Promise<void> {
    // Where the tree is damaged here, it cannot be compared, and the peer may help all the same.
    const relation = await this.#core.compare(head).catch(() => 'unknown' as const)
    if (relation === null) throw new Violation('a head that the log has not signed')
    this.#show(head)
    this.#judge(relation, head)
    this.#follow()
  }

  #show(head: Uint8Array): void {
    const { size } = decodeLogHead(head)
    if (size <= this.#size) return
    this.#size = size
    this.#shown = head.slice()
    this.#host.shown()
  }

  async #grow({ id, head, nodes }: Extract<LogFrame, { type: 'up' }>): Promise<void> {
    const from = this.growths.answered(id)
    if (from === null) return
    if (from < this.#core.state.size) await this.#compareWith(head, from, nodes)
    else await this.#growTo(head, from, nodes)
    this.#show(head)
    this.#follow()
  }

  async #growTo(head: Uint8Array, from: number, nodes: readonly Uint8Array[]): Promise<void> {
    const outcome = await acceptGrowth(this.#core, head, from, nodes)
    if (outcome === 'invalid') throw new Violation('a head that is not proved')
    if (outcome === 'grown') this.#prove(decodeLogHead(head).size)
  }

  async #compareWith(head: Uint8Array, from: number, nodes: readonly Uint8Array[]): Promise<void> {
    if (from === 0) {
      // Also what was asked for when this log was empty here, and is of no use any more.
      if (!(await acceptEdge(this.#core, head, nodes))) throw new Violation('a head that is not proved')
      if (this.#core.state.end.frontier !== null) this.#host.changed()
      return
    }
    const comparison = await acceptComparison(this.#core, head, from, nodes)
    if (comparison === null) throw new Violation('a head that is not proved')
    await this.#host.compared(from, comparison)
  }

  #noData(id: number): void {
    const isOfBlocks = !this.growths.refused(id, this.#size) && !this.keeps.refused(id)
    const run = isOfBlocks ? this.fetching.noData(id) : null
    if (run === null) return this.#host.changed()
    this.holdings.drop(run.start)
    this.#host.missed(run)
  }

  async #send(...frame: readonly Uint8Array[]): Promise<void> {
    if (this.#stage.name !== 'closed') await this.port.send(...frame)
  }

  /** The one place that changes the stage. */
  #become(stage: Stage, violation: Violation | null): void {
    if (this.#stage.name === 'closed') return
    this.#stage = stage
    if (stage.name === 'open') return this.#host.changed()
    this.#serving.close()
    this.growths.close()
    this.keeps.close()
    this.fetching.close()
    this.port.close()
    this.#host.closed(this, violation)
  }
}
