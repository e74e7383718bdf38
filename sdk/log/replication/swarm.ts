import { encodeLogFork } from '../../protocol/log-fork.js'
import { PRESENCE_BLOCKS } from '../../protocol/limits.js'
import { decodeLogHead } from '../../protocol/log-head.js'
import { equalBytes } from '../../util/bytes.js'
import { Emitter } from '../../util/emitter.js'
import { acceptBlocks, type Comparison } from '../accept.js'
import type { ChangedBlocks, Core } from '../core.js'
import { blockUnavailable } from '../failures.js'
import type { BlockRange } from '../tree/positions.js'
import { Download, type DownloadRequest } from './download.js'
import type { Fetched } from './fetching.js'
import { LogPeer, type PeerHost } from './peer.js'
import type { LogPort, PeerPath, Timing } from './port.js'
import { Receipts } from './receipts.js'
import type { Violation } from './violation.js'
import { Wishes } from './wishes.js'

/** After a device said that it is full, or failed otherwise. */
const PAUSE_MS = 30_000
/** Runs that are stored in one transaction: 2 MiB at most. */
const MAX_TOGETHER = 8
/** How long what came waits for as much: a transaction costs a browser as much as 100 KiB do. */
const GATHER_MS = 100
/** So many times as fast is another one, for a request to be moved to it that was not answered for long: less is not worth what has come of that. */
const MUCH_FASTER = 4
/** A block that none of the peers has: one more may be about to say that it does. */
const NOBODY_MS = 3_000

/** A peer of a log, as it is now. */
export interface LogPeerInfo {
  /** Who it is. */
  readonly id: string
  /** Which of the log's blocks it says that it has: one bit each, lowest first. */
  readonly bitfield: Uint8Array
  /** How long its answers take; `null` before it has given one. */
  readonly rttMs: number | null
  readonly path: PeerPath
}

export interface SwarmParts {
  readonly core: Core
  readonly timing: Timing
  /** The peer did what no device does that keeps to the protocol. */
  readonly violated: (peerId: string, violation: Violation) => void
}

export interface SwarmEvents {
  /** Somebody has shown that they know the log, and hears what is said from here on. */
  readonly opened: { readonly peerId: string }
  readonly extension: { readonly peerId: string; readonly name: string; readonly payload: Uint8Array }
  /** Peers came or went, or have more or fewer blocks, or show a longer log. */
  readonly change: null
  /** What is fetched cannot be stored. Nothing is fetched for 30 s then, or until blocks are cleared. */
  readonly failed: { readonly error: unknown }
}

type Stage =
  | { readonly name: 'running' }
  | { readonly name: 'paused'; readonly stopTimer: () => void }
  | { readonly name: 'closed'; readonly reason: Error }

interface Arrived {
  readonly run: BlockRange
  readonly fetched: Fetched
  readonly resolve: () => void
}

/** All peers of one log: asks each for what it has, and shares what came. */
export class LogSwarm implements PeerHost {
  /** Its listeners are this room's own, and do not throw. */
  readonly events = new Emitter<SwarmEvents>(() => undefined)
  readonly receipts = new Receipts()
  readonly #parts: SwarmParts
  readonly #peers = new Set<LogPeer>()
  readonly #wishes = new Wishes()
  readonly #downloads = new Set<Download>()
  /** Blocks that somebody waits for and no peer has. */
  readonly #hopeless = new Map<number, () => void>()
  readonly #undo: (() => void)[]
  /** What is verified and not being stored yet. */
  readonly #fetched: Arrived[] = []
  #isStoring = false
  #stopGathering: (() => void) | null = null
  #stage: Stage = { name: 'running' }

  constructor(parts: SwarmParts) {
    this.#parts = parts
    const { core } = parts
    this.#undo = [
      core.waits.attach({
        want: (block) => {
          const giveUp = this.#wishes.want(block)
          this.changed()
          return () => {
            giveUp()
            this.#hope(block)
          }
        },
      }),
      core.events.on('grow', () => {
        this.#each((peer) => peer.tellHead())
        this.#compareAgain()
        this.changed()
      }),
      core.events.on('presence', (range) => this.#moved(range)),
      core.events.on('fork', () => this.#each((peer) => peer.tellFork())),
    ]
  }

  /** Fetches all that the log has and will have; the result ends that. */
  wantAll(): () => void {
    const giveUp = this.#wishes.wantAll()
    this.changed()
    return giveUp
  }

  /** An application's message to all peers, or to one, who may have gone. Resolves when there is room for more. */
  async say(peerId: string | null, name: string, payload: Uint8Array): Promise<void> {
    const peers = this.#open().filter(({ port }) => peerId === null || port.peerId === peerId)
    await Promise.all(peers.map((peer) => peer.say(name, payload)))
  }

  /** Resolves when so many peers have all of a range durably. Rejects with the signal's reason. */
  keptBy(range: BlockRange, count: number, signal: AbortSignal): Promise<void> {
    const kept = this.receipts.until(range, count, signal)
    this.receipts.look(this.#open())
    return kept
  }

  /** Whether there is a peer, and the log is as long here as any of them shows it. Asks those that have shown nothing yet, or more than is here. */
  checkUpToDate(): boolean {
    const { core } = this.#parts
    const peers = this.#open()
    if (core.isWritable || core.state.fork !== null) return true
    for (const peer of peers) if (!peer.hasTold || peer.size > core.state.size) peer.growths.ask(core.state.size)
    return peers.length > 0 && peers.every(({ hasTold, size }) => hasTold && size <= core.state.size)
  }

  /** Those that have shown that they know the log. */
  peers(): LogPeerInfo[] {
    const { size } = this.#parts.core.state
    return this.#open().map(({ port, holdings, fetching }) => ({
      id: port.peerId,
      bitfield: holdings.bitfield(size),
      rttMs: fetching.rttMs,
      path: port.path(),
    }))
  }

  /** A way to somebody who may know the log. What comes on it is for the peer's `handle`. */
  connect(port: LogPort): LogPeer {
    const peer = new LogPeer(this.#parts.core, port, this.#parts.timing, this)
    this.#peers.add(peer)
    peer.start()
    return peer
  }

  /** Resolves when all blocks of a range are here. Rejects with the signal's reason, and with that for which it is closed. */
  async download(options: DownloadRequest): Promise<void> {
    if (this.#stage.name === 'closed') throw this.#stage.reason
    const giveUp = this.#wishes.wantRange(options)
    const download = new Download(this.#parts.core, options)
    this.#downloads.add(download)
    this.changed()
    try {
      await download.done
    } finally {
      giveUp()
      this.#downloads.delete(download)
    }
  }

  /** Ends all peers and downloads, the latter with this reason. Idempotent. */
  close(reason: Error): void {
    if (this.#stage.name === 'closed') return
    this.#become({ name: 'closed', reason })
    for (const each of this.#undo) each()
    // What is verified is kept, and whoever brought it is answered.
    if (this.#stopGathering !== null) void this.#store()
    for (const peer of [...this.#peers]) peer.close()
    for (const download of this.#downloads) download.fail(reason)
    for (const block of [...this.#hopeless.keys()]) this.#hope(block)
  }

  changed(): void {
    const { core } = this.#parts
    const { frontier } = core.state.end
    if (this.#stopGathering !== null && !this.#isGathering) void this.#store()
    this.#lookForHope()
    this.receipts.look(this.#open())
    this.events.emit('change', null)
    if (this.#stage.name !== 'running') return
    if (frontier === null) return this.#askForEdge()
    // One request each in turn, so that a log comes from all that have it; from those that let one go by only what nobody else has.
    for (let isMore = true; isMore;) {
      isMore = false
      for (const peer of this.#open().sort(byWorth)) {
        if (peer.isDoubtful) continue
        const run = this.#wishes.next(core.state, peer.holdings, peer.fetching.answerBlocks)
        if (run === null || !peer.fetching.takes(run.end - run.start)) continue
        if (peer.slowSinceMs !== null && this.#isHadByOthers(peer, run)) continue
        this.#wishes.take(run)
        peer.fetching.ask(run, frontier)
        isMore = true
      }
    }
  }

  opened({ port }: LogPeer): void {
    this.events.emit('opened', { peerId: port.peerId })
  }

  fetched(run: BlockRange, fetched: Fetched): Promise<void> {
    return new Promise((resolve) => {
      this.#fetched.push({ run, fetched, resolve })
      if (this.#isStoring) return
      if (this.#isGathering) this.#stopGathering ??= this.#parts.timing.setTimer(GATHER_MS, () => void this.#store())
      else void this.#store()
    })
  }

  /** Whether more comes that can be stored with what came, and nobody waits for one block of it. */
  get #isGathering(): boolean {
    const isExpected = this.#open().some(({ fetching }) => fetching.isBusy)
    return isExpected && this.#wishes.single.size === 0 && this.#fetched.length < MAX_TOGETHER
  }

  #endGathering(): void {
    this.#stopGathering?.()
    this.#stopGathering = null
  }

  /** What came while something was being stored is stored together, too. */
  async #store(): Promise<void> {
    this.#endGathering()
    this.#isStoring = true
    while (this.#fetched.length > 0) {
      const together = takeRow(this.#fetched)
      try {
        await acceptBlocks(
          this.#parts.core,
          together.map(({ fetched }) => fetched.blocks),
          together.flatMap(({ fetched }) => fetched.siblings),
        )
      } catch (error) {
        this.#pause(error)
      }
      for (const { run, resolve } of together) {
        this.#wishes.release(run)
        resolve()
      }
    }
    this.#isStoring = false
  }

  doubted(head: Uint8Array): void {
    const { size } = decodeLogHead(head)
    for (const peer of this.#open()) if (peer.size > size) peer.growths.ask(size)
  }

  shown(): void {
    this.#compareAgain()
  }

  async compared(size: number, { root, head, proof }: Comparison): Promise<void> {
    for (const peer of this.#open()) {
      const { doubt } = peer
      if (doubt === null) continue
      const older = decodeLogHead(doubt)
      if (older.size !== size || equalBytes(older.root, root)) await peer.compareAgain()
      else await this.#parts.core.freeze(encodeLogFork({ older: doubt, newer: head, hashes: [root, ...proof] }))
    }
  }

  isBetterElsewhere(peer: LogPeer, { start }: BlockRange, bytesPerMs: number): boolean {
    return this.#open().some((other) => {
      const { isDoubtful, slowSinceMs, fetching, holdings } = other
      if (other === peer || isDoubtful || !holdings.has(start)) return false
      // Instead of one that is silent also one that was, unless that is being waited for.
      if (bytesPerMs === 0) return slowSinceMs === null || !fetching.isBusy
      return slowSinceMs === null && fetching.bytesPerMs >= MUCH_FASTER * bytesPerMs
    })
  }

  missed(run: BlockRange): void {
    this.#wishes.release(run)
    this.changed()
  }

  closed(peer: LogPeer, violation: Violation | null): void {
    this.#peers.delete(peer)
    if (violation !== null) this.#parts.violated(peer.port.peerId, violation)
    this.changed()
  }

  heard({ port }: LogPeer, name: string, payload: Uint8Array): void {
    this.events.emit('extension', { peerId: port.peerId, name, payload })
  }

  /** Somebody who waits for what none of the peers has is told so, before long. */
  #lookForHope(): void {
    const peers = this.#open()
    const { size, presence } = this.#parts.core.state
    for (const block of this.#wishes.single) {
      const isMissed = peers.length > 0 && block < size && !presence.has(block)
      if (!isMissed || peers.some(({ holdings }) => holdings.has(block))) this.#hope(block)
      else if (!this.#hopeless.has(block))
        this.#hopeless.set(
          block,
          this.#parts.timing.setTimer(NOBODY_MS, () => this.#giveUpOn(block)),
        )
    }
  }

  #hope(block: number): void {
    this.#hopeless.get(block)?.()
    this.#hopeless.delete(block)
  }

  #giveUpOn(block: number): void {
    this.#hopeless.delete(block)
    this.#parts.core.waits.fail(block, () => blockUnavailable(block))
  }

  /** Whether one of the peers says that it has this block. */
  isHeld(block: number): boolean {
    return this.#open().some(({ holdings }) => holdings.has(block))
  }

  /** Resolves when peers came or went, or have other blocks, and when the signal aborts. */
  anyChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        stop()
        signal.removeEventListener('abort', settle)
        resolve()
      }
      const stop = this.events.on('change', settle)
      signal.addEventListener('abort', settle)
      if (signal.aborted) settle()
    })
  }

  /** Resolves when the edge of the tree is known here, and when the signal aborts. */
  async edgeKnown(signal: AbortSignal): Promise<void> {
    this.changed()
    while (this.#parts.core.state.end.frontier === null && !signal.aborted) await this.anyChange(signal)
  }

  /** It is damaged here: those can show it who have as much of the log, or more. */
  #askForEdge(): void {
    const { size } = this.#parts.core.state
    for (const peer of this.#open()) if (peer.size >= size) peer.growths.ask(peer.size > size ? size : 0)
  }

  #moved(range: ChangedBlocks): void {
    const { presence } = this.#parts.core.state
    if (range.isMissed === true) this.#wishes.missed()
    else if (!presence.has(range.start)) this.#wishes.lost(range)
    this.#each((peer) => peer.tellPresence(range))
    for (const download of [...this.#downloads]) download.look()
    this.#compareAgain()
    if (this.#stage.name === 'paused' && !presence.has(range.start)) this.#become({ name: 'running' })
    this.changed()
  }

  /** More of the tree is known than before. */
  #compareAgain(): void {
    this.#each((peer) => void peer.compareAgain())
  }

  #pause(error: unknown): void {
    if (this.#stage.name !== 'running') return
    const stopTimer = this.#parts.timing.setTimer(PAUSE_MS, () => {
      this.#become({ name: 'running' })
      this.changed()
    })
    this.#become({ name: 'paused', stopTimer })
    this.events.emit('failed', { error })
  }

  /** The one place that changes the stage. */
  #become(stage: Stage): void {
    if (this.#stage.name === 'paused') this.#stage.stopTimer()
    this.#stage = stage
  }

  #open(): LogPeer[] {
    return [...this.#peers].filter(({ isOpen }) => isOpen)
  }

  #each(tell: (peer: LogPeer) => void): void {
    for (const peer of this.#open()) tell(peer)
  }

  #isHadByOthers(peer: LogPeer, { start }: BlockRange): boolean {
    return this.#open().some(
      (other) => other !== peer && other.slowSinceMs === null && !other.isDoubtful && other.holdings.has(start),
    )
  }
}

/** Takes what came first, and what lies behind that in a row, within one page of presence. */
const takeRow = (arrived: Arrived[]): Arrived[] => {
  const row: Arrived[] = []
  for (let next = 0; next !== -1 && row.length < MAX_TOGETHER;) {
    row.push(...arrived.splice(next, 1))
    const end = row.at(-1)?.run.end ?? 0
    next = end % PRESENCE_BLOCKS === 0 ? -1 : arrived.findIndex(({ run }) => run.start === end)
  }
  return row
}

/** Who was slow comes last, who was so last behind those; of the others who has the least to do, and of those the fastest, comes first. */
const byWorth = (one: LogPeer, other: LogPeer): number =>
  (one.slowSinceMs ?? -1) - (other.slowSinceMs ?? -1) ||
  one.fetching.load - other.fetching.load ||
  (one.fetching.rttMs ?? 0) - (other.fetching.rttMs ?? 0)
