import {
  BROADCAST_OVERHEAD_BYTES,
  broadcastSigned,
  encodeBroadcast,
  NO_FANOUT_LIMIT,
} from '../../protocol/broadcast-frame.js'
import { MAX_MEMBER_FRAME_BYTES } from '../../protocol/limits.js'
import { PackWriter } from '../../protocol/pack.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { Forwarder } from '../route/forwarder.js'
import { chunkOf, fittingBytes, type OutMessage } from './out-message.js'
import type { Outbox, TreePosition } from './outbox.js'
import type { OwnTree, TreePlan } from './own-tree.js'

/** So much may wait for each branch before the next frame is made. */
const BRANCH_BYTES = 65_536
/** A branch that takes nothing for so long is waited for no more. */
const BRANCH_PATIENCE_MS = 500
/** What it misses beyond that is sent to its members another way. */
const BRANCH_MOST_BYTES = 1_048_576

/**
 * Sends what is for all on one stream down my tree: one frame for all members below a neighbor, signed, which they pass on. Members
 * that only I send to, over a link of my own, are no part of this; where all are, there is no tree to speak of. Whoever
 * does not acknowledge in time is served from its own outbox until it is as far as the others.
 */
export class TreeSender {
  readonly #core: Core
  readonly #tree: OwnTree
  readonly #forwarder: Forwarder
  readonly #stream: number
  /** What the tree has not carried yet, the first of it up to `#position.offset`. */
  #waiting: OutMessage[] = []
  #position: TreePosition = { number: 1, offset: 0 }
  /** As it was when I last looked. */
  #plan: TreePlan | null = null

  constructor(core: Core, tree: OwnTree, forwarder: Forwarder, stream: number) {
    this.#core = core
    this.#tree = tree
    this.#forwarder = forwarder
    this.#stream = stream
  }

  /** Links have changed. */
  refresh(): void {
    if (this.#followers().next().done !== true) this.#look()
  }

  #look(): TreePlan {
    const { plan } = this.#tree
    if (plan === this.#plan) return plan
    const before = this.#plan?.covered
    this.#plan = plan
    for (const { id, streams } of this.#core.peers.values()) {
      const outbox = streams?.out(this.#stream)?.outbox
      if (outbox?.isByTree === true && this.#isCutOff(plan, id, before?.get(id), outbox)) outbox.leaveTree()
    }
    return plan
  }

  /**
   * The tree does not lead to this member any more, or by another way while something is under way to it. In a large
   * group ways change whenever anybody comes or goes: there, what is lost shows when it is not acknowledged.
   */
  #isCutOff({ fanout, covered }: TreePlan, id: string, before: string | undefined, outbox: Outbox): boolean {
    const through = covered.get(id)
    if (through === undefined) return true
    return fanout === NO_FANOUT_LIMIT && through !== before && outbox.unacknowledgedBytes > 0
  }

  /** Those that can be left to the tree are. Called before a broadcast is put into any outbox. */
  gather(): void {
    for (const id of this.#look().covered.keys()) {
      const peer = this.#core.peers.get(id)
      if (peer?.isHere === true) peer.streams?.out(this.#stream)?.joinTree(this.#position, this.#core.nowMs)
    }
  }

  push(message: OutMessage): void {
    this.#waiting.push(message)
    if (this.#followers().next().done === true) this.#skip()
  }

  /** Nobody follows: there is nothing to carry. */
  #skip(): void {
    const last = this.#waiting.at(-1)
    if (last !== undefined) this.#position = { number: last.number + 1, offset: 0 }
    this.#waiting = []
  }

  /** Makes a frame if there is something for one and the branches take it; whether it did. */
  fill(): boolean {
    if (this.#waiting.length === 0) return false
    const plan = this.#look()
    const branches = this.#openBranches(plan)
    const records = branches.length === 0 ? null : this.#pack(branches)
    if (records === null) return false
    const frame = this.#sign(plan.fanout, records)
    for (const link of branches) this.#forwarder.queue(link, { frame, from: null })
    for (const { streams } of this.#core.peers.values()) streams?.out(this.#stream)?.outbox.passed(this.#position)
    return true
  }

  *#followers(): Generator<Outbox> {
    for (const { streams } of this.#core.peers.values()) {
      const outbox = streams?.out(this.#stream)?.outbox
      if (outbox?.isByTree === true) yield outbox
    }
  }

  /** The links to write on; none while there is one to wait for. */
  #openBranches(plan: TreePlan): Link[] {
    const { nowMs, peers } = this.#core
    const open: Link[] = []
    for (const id of plan.branches) {
      const link = peers.get(id)?.link ?? null
      if (link === null || link.isSuspect) continue
      if (link.treeBytes < BRANCH_BYTES) link.treeBlockedMs = null
      else {
        link.treeBlockedMs ??= nowMs
        const waitMs = link.treeBlockedMs + BRANCH_PATIENCE_MS - nowMs
        if (waitMs > 0) {
          this.#core.wakeAt(nowMs + waitMs)
          return []
        }
      }
      if (link.treeBytes < BRANCH_MOST_BYTES) open.push(link)
    }
    return open
  }

  /** The records of one frame, or `null` when the slowest of those who follow the tree cannot take more. */
  #pack(branches: readonly Link[]): Uint8Array | null {
    const room = Math.min(MAX_MEMBER_FRAME_BYTES, ...branches.map(({ pace }) => pace.frameBytes))
    const pack = new PackWriter('sealed', room - BROADCAST_OVERHEAD_BYTES)
    let limit = Infinity
    for (const { treeLimit } of this.#followers()) limit = Math.min(limit, treeLimit)
    if (limit === Infinity) this.#skip()
    let taken = 0
    for (const message of this.#waiting) {
      if (message.number > limit || !this.#write(pack, message)) break
      taken++
    }
    this.#waiting.splice(0, taken)
    return pack.isEmpty ? null : pack.finish()
  }

  /** As much of a message as fits; whether that was the end of it. */
  #write(pack: PackWriter, message: OutMessage): boolean {
    for (;;) {
      const offset = message.number === this.#position.number ? this.#position.offset : 0
      const size = fittingBytes(message, offset, pack.left)
      if (size === null) return false
      pack.write(chunkOf(this.#stream, message, offset, size))
      const isEnd = offset + size === message.bytes.length
      this.#position = isEnd
        ? { number: message.number + 1, offset: 0 }
        : { number: message.number, offset: offset + size }
      if (isEnd) return true
    }
  }

  #sign(fanout: number, records: Uint8Array): Uint8Array {
    const { suite, options, idBytes: author } = this.#core
    const signed = { fanout, author, count: this.#tree.nextFrame(), records }
    const { secretKey } = options.identity
    return encodeBroadcast(signed, suite.sign(secretKey, 'bcast-batch', broadcastSigned(options.keys.topic, signed)))
  }
}
