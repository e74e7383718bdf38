import {
  BROADCAST_OVERHEAD_BYTES,
  broadcastSigned,
  encodeBroadcast,
  FANOUT,
  NO_FANOUT_LIMIT,
} from '../../protocol/broadcast-frame.js'
import { MAX_MEMBER_FRAME_BYTES } from '../../protocol/limits.js'
import { PackWriter } from '../../protocol/pack.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { Peer } from '../peer.js'
import type { Forwarder } from '../route/forwarder.js'
import type { Trees } from '../route/tree.js'
import { chunkOf, fittingBytes, type OutMessage, type TreePosition } from './outbox.js'

/** So much may wait for each branch before the next frame is made. */
const BRANCH_BYTES = 65_536
/** A branch that takes nothing for so long is waited for no more. */
const BRANCH_PATIENCE_MS = 500
/** What it misses beyond that is sent to its members another way. */
const BRANCH_MOST_BYTES = 1_048_576

/** What is known of the group elsewhere. */
export interface GroupView {
  /** There are more others than I may link with. */
  isPartial(): boolean
  /** I would have a session with this member. */
  admits(peer: Peer): boolean
}

/**
 * Sends what is for all down my tree: one frame for all members below a neighbor, signed, which they pass on. Members
 * that only I send to, over a link of my own, are no part of this; where all are, there is no tree to speak of. Whoever
 * does not acknowledge in time is served from its own outbox until it is as far as the others.
 */
export class TreeSender {
  readonly #core: Core
  readonly #trees: Trees
  readonly #forwarder: Forwarder
  readonly #group: GroupView
  /** What the tree has not carried yet, the first of it up to `#position.offset`. */
  #waiting: OutMessage[] = []
  #position: TreePosition = { number: 1, offset: 0 }
  #fanout: number = NO_FANOUT_LIMIT
  /** Neighbors that pass it on. */
  #branches: readonly string[] = []
  /** Whom they pass it on to, themselves included, each with the members that it goes through. */
  #covered = new Map<string, string>()
  #frames = 0
  #isOld = true

  constructor(core: Core, trees: Trees, forwarder: Forwarder, group: GroupView) {
    this.#core = core
    this.#trees = trees
    this.#forwarder = forwarder
    this.#group = group
  }

  /** Links have changed. */
  refresh(): void {
    this.#isOld = true
    if (this.#followers().next().done !== true) this.#plan()
  }

  #plan(): void {
    this.#isOld = false
    this.#fanout = this.#group.isPartial() ? FANOUT : NO_FANOUT_LIMIT
    const tree = this.#trees.of(this.#core.id, this.#fanout)
    this.#branches = (tree.get(this.#core.id) ?? []).filter((id) => tree.has(id))
    const before = this.#covered
    this.#covered = new Map(this.#branches.map((id) => [id, '']))
    for (const [id, through] of this.#covered) {
      for (const child of tree.get(id) ?? []) this.#covered.set(child, `${through} ${id}`)
    }
    // Whoever stands in the tree reads what it carries.
    if (![...this.#covered.keys()].every((id) => this.#isAdmitted(id))) this.#covered.clear()
    for (const peer of this.#core.peers.values()) {
      if (this.#isCutOff(peer, before.get(peer.id))) peer.stream?.outbox.leaveTree()
    }
  }

  /**
   * The tree does not lead to this member any more, or by another way while something is under way to it. In a large
   * group ways change whenever anybody comes or goes: there, what is lost shows when it is not acknowledged.
   */
  #isCutOff({ id, stream }: Peer, before: string | undefined): boolean {
    const through = this.#covered.get(id)
    if (through === undefined) return true
    return (
      this.#fanout === NO_FANOUT_LIMIT && through !== before && stream !== null && stream.outbox.unacknowledgedBytes > 0
    )
  }

  #isAdmitted(id: string): boolean {
    const peer = this.#core.peers.get(id)
    return peer !== undefined && this.#group.admits(peer)
  }

  /** Those that can be left to the tree are. Called before a broadcast is put into any outbox. */
  gather(): void {
    if (this.#isOld) this.#plan()
    for (const id of this.#covered.keys()) {
      const peer = this.#core.peers.get(id)
      if (peer?.isHere === true) peer.stream?.joinTree(this.#position, this.#core.nowMs)
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

  /** Makes frames as long as the branches take them. */
  fill(): void {
    while (this.#waiting.length > 0) {
      const branches = this.#openBranches()
      const records = branches.length === 0 ? null : this.#pack(branches)
      if (records === null) return
      const frame = this.#sign(records)
      for (const link of branches) this.#forwarder.queue(link, { frame, from: null })
      for (const { stream } of this.#core.peers.values()) stream?.outbox.passed(this.#position)
    }
  }

  *#followers(): Generator<Peer> {
    for (const peer of this.#core.peers.values()) if (peer.stream?.outbox.isByTree === true) yield peer
  }

  /** The links to write on; none while there is one to wait for. */
  #openBranches(): Link[] {
    const { nowMs, peers } = this.#core
    const open: Link[] = []
    for (const id of this.#branches) {
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
    for (const { stream } of this.#followers()) limit = Math.min(limit, stream?.outbox.treeLimit ?? 0)
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
      pack.write(chunkOf(message, offset, size))
      const isEnd = offset + size === message.bytes.length
      this.#position = isEnd
        ? { number: message.number + 1, offset: 0 }
        : { number: message.number, offset: offset + size }
      if (isEnd) return true
    }
  }

  #sign(records: Uint8Array): Uint8Array {
    const { suite, options, idBytes: author } = this.#core
    const signed = { fanout: this.#fanout, author, count: this.#frames++, records }
    const { secretKey } = options.identity
    return encodeBroadcast(signed, suite.sign(secretKey, 'bcast-batch', broadcastSigned(options.keys.topic, signed)))
  }
}
