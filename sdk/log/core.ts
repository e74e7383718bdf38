import { signLogHead, verifyLogHead, type Sodium } from '../crypto/index.js'
import type { BlockStorage, StorageChange } from '../platform/block-storage.js'
import { encodeLogFork } from '../protocol/log-fork.js'
import { encodeLogRecord, type LogRecord } from '../protocol/log-record.js'
import { Emitter } from '../util/emitter.js'
import { equalBytes } from '../util/bytes.js'
import { changesBetween } from './changes-between.js'
import { Committer, type Appending } from './committer.js'
import { again, damaged, forked, readOnly, restored } from './failures.js'
import { provesFork } from './forks.js'
import { forkEntry, headEntry, recordEntry } from './layout.js'
import { giveUp } from './ownership.js'
import { packBlocks, type LogEnd } from './pack.js'
import { leafIn, Records } from './records.js'
import { Serial } from './serial.js'
import { loadState, unchanged, type LogState } from './state.js'
import { foldNodes } from './tree/frontier.js'
import { nodesOf, type BlockRange, type NodePosition } from './tree/positions.js'
import { consistencyRanges } from './tree/proofs.js'
import type { TreeHash } from './tree/tree-hash.js'
import { BlockWaits } from './waits.js'
import { storedWriter, type WriterKeys } from './writer.js'

/** Blocks that came or went; `isMissed` of some that were damaged, and are wanted by whoever wants all. */
export interface ChangedBlocks extends BlockRange {
  readonly isMissed?: boolean
}

export interface CoreEvents {
  /** Blocks came or went, each of a range alike. Told after `grow`. */
  presence: ChangedBlocks
  grow: { readonly previous: number; readonly length: number }
  fork: { readonly evidence: Uint8Array }
}

export interface CoreParts {
  readonly storage: BlockStorage
  readonly sodium: Sodium
  readonly hash: TreeHash
  readonly logKey: Uint8Array
  /** `null` where another device is the writer. */
  readonly writer: WriterKeys | null
}

/**
 * How a head from elsewhere stands to what is here. `unknown` for an older one that this device, which has not all of the tree, can say
 * nothing of.
 */
export type HeadRelation = 'same' | 'older' | 'newer' | 'forked' | 'unknown'

/** That one look at the storage goes through for others: 1 MiB, as records are written now. */
const SERVED_RECORDS = 16

export interface StoredBlock {
  readonly index: number
  /** As it is stored, whether or not that is what the log has there. */
  readonly found: Uint8Array
  /** Throws `log-damaged` when it is not what the log has there. */
  readonly read: () => Uint8Array
}

/** One log of this device, shared by all that have it open in this page or process. It knows of bytes, not of values. */
export class Core {
  readonly waits = new BlockWaits()
  readonly records: Records
  /** Its listeners are this room's own, and do not throw. */
  readonly events = new Emitter<CoreEvents>(() => undefined)
  readonly #parts: CoreParts
  readonly #committer = new Committer((batch) => this.changes.run(() => this.#commit(batch)))
  /** Whatever writes, one after the other. */
  readonly changes = new Serial()
  readonly #stopListening: () => void
  #isLooking = false
  /** How often the state was read anew. */
  #loads = 0
  #state: LogState
  /** What others brought as far as it is known to outlast a power cut. */
  #durable: LogState | null = null

  /** Rejects `log-damaged` for a head that the key of the log did not sign. */
  static async open(parts: CoreParts): Promise<Core> {
    const records = new Records(parts.storage, parts.logKey)
    return new Core(parts, records, await loadState({ ...parts, records }))
  }

  private constructor(parts: CoreParts, records: Records, state: LogState) {
    this.#parts = parts
    this.records = records
    this.#state = state
    this.#stopListening = parts.storage.onForeignWrite(() => this.#lookAgain())
  }

  get state(): LogState {
    return this.#state
  }

  get parts(): CoreParts {
    return this.#parts
  }

  get isWritable(): boolean {
    return this.#state.isOwner
  }

  /** Settles once it is durable, or is not and never will be. */
  append(appending: Appending): void {
    const { size, end, fork } = this.#state
    if (this.#parts.writer === null) appending.reject(readOnly())
    else if (!this.isWritable) appending.reject(fork === null ? restored() : forked())
    else if (appending.blocks.length > 0) this.#committer.push(appending)
    else if ('error' in end) appending.reject(again(end.error))
    else appending.resolve({ size, byteLength: end.byteLength })
  }

  /** A stored block; `null` when it is not here. Rejects `log-damaged` when it is not what the log has there. */
  async block(index: number): Promise<Uint8Array | null> {
    if (index >= this.#state.size) return null
    const record = await this.records.at(index)
    const block = record?.blocks[index - record.first]
    return record === null || !block ? null : this.#checked(index, block, leafIn(record, index))
  }

  /**
   * Stored blocks in a row from this one on, as one look at so many records finds them; each is found damaged when it is read. None when the first
   * is not here, or its record cannot be read.
   */
  async row(start: number, end: number, records: number): Promise<readonly StoredBlock[]> {
    const to = Math.min(end, this.#state.size)
    return start >= to ? [] : this.#rowOf(await this.records.row(start, to, records), start, to)
  }

  /** `row` for whoever proves them to others. */
  async servedRow(start: number, end: number): Promise<readonly StoredBlock[]> {
    const to = Math.min(end, this.#state.size)
    if (start >= to) return []
    const records = await this.records.row(start, to, SERVED_RECORDS)
    this.records.serving(records, start, to)
    return this.#rowOf(records, start, to)
  }

  #rowOf(records: readonly LogRecord[], start: number, end: number): StoredBlock[] {
    const row: StoredBlock[] = []
    for (const record of records) {
      for (let at = start + row.length - record.first; at < record.blocks.length; at++) {
        const [index, block] = [record.first + at, record.blocks[at]]
        if (!block || index >= end) return row
        row.push({ index, found: block, read: () => this.#checked(index, block, leafIn(record, index)) })
      }
    }
    return row
  }

  #checked(index: number, block: Uint8Array, leaf: Uint8Array): Uint8Array {
    if (equalBytes(this.#parts.hash.leaf(block), leaf)) return block
    throw damaged(`block "${index}" is not the one that was appended`)
  }

  async #commit(batch: readonly Appending[]): Promise<void> {
    const { logKey, writer } = this.#parts
    if (writer === null) throw readOnly()
    // Again only after somebody else's commit, so that it ends.
    for (;;) {
      const before = this.#state
      const end = this.#endToAppendTo(before)
      const blocks = batch.flatMap(({ blocks, cipher }) => blocks.map((block) => ({ block, cipher })))
      const stored = blocks.map(({ block, cipher }, at) => cipher?.seal(before.size + at, block) ?? block)
      const packed = packBlocks(this.#parts.hash, end, stored)
      const head = this.#sign(writer, packed.end)
      const changes: StorageChange[] = packed.records.map((record) => ({
        key: recordEntry(logKey, record.first),
        value: encodeLogRecord(record),
      }))
      changes.push({ key: headEntry(logKey), value: head })
      // Of two pages or processes that append at once the second finds another head than it went on from: so a log is never
      // forked by its own writer. One that another has frozen, or has found to be older than others have it, stays as it is.
      const expect = [...unchanged(logKey, before), storedWriter(logKey, writer, false)]
      if (await this.#parts.storage.write(changes, { durability: 'strict', expect })) {
        const { size } = packed.end.frontier
        this.#become({ ...before, size, head, end: packed.end }, [{ start: before.size, end: size }])
        this.#tell(batch, before.size, end.byteLength, stored)
        return
      }
      await this.#reload(before)
    }
  }

  #endToAppendTo({ end, fork, isOwner }: LogState): LogEnd {
    if (fork !== null) throw forked()
    if (!isOwner) throw restored()
    if ('error' in end) throw again(end.error)
    return end
  }

  #sign({ keys }: WriterKeys, { frontier }: LogEnd): Uint8Array {
    const { sodium, logKey, hash } = this.#parts
    const head = { key: logKey, size: frontier.size, root: frontier.root(hash) }
    return signLogHead(sodium, keys.secretKey, head)
  }

  #tell(batch: readonly Appending[], size: number, byteLength: number, stored: readonly Uint8Array[]): void {
    let [at, bytes] = [0, byteLength]
    for (const { blocks, resolve } of batch) {
      for (const block of stored.slice(at, at + blocks.length)) bytes += block.length
      at += blocks.length
      resolve({ size: size + at, byteLength: bytes })
    }
  }

  async #reload(before: LogState): Promise<void> {
    const state = await this.load()
    const isStopped = !state.isOwner || (state.fork !== null && before.fork === null)
    if (state.size < before.size || (state.size === before.size && !isStopped))
      throw damaged('its head is gone, or an older one')
    this.#become(state, changesBetween(before, state, null))
  }

  /**
   * Runs `work` alone among all that writes to the log; what it makes of the state is the state from then on. `changed` are blocks
   * that came or went.
   */
  update(
    work: (state: LogState) => Promise<{ readonly state: LogState; readonly changed: ChangedBlocks | null }>,
  ): Promise<void> {
    return this.changes.run(async () => {
      const before = this.#state
      const loads = this.#loads
      const { state, changed } = await work(before)
      // It may have found that somebody else has written, too.
      const found = this.#loads > loads ? changesBetween(before, state, changed) : []
      this.#become(state, changed === null ? found : [changed, ...found])
    })
  }

  /** Makes blocks durable that others brought, at the cost of a flush; whether all of them are here. */
  persist(start: number, end: number): Promise<boolean> {
    return this.changes.run(async () => {
      const { size, presence } = this.#state
      if (end > size) return false
      for (let block = start; block < end; block++) if (!presence.has(block)) return false
      // All of the writer's own is.
      if (!this.isWritable && this.#durable !== this.#state) await this.#flush()
      return true
    })
  }

  async #flush(): Promise<void> {
    const { storage, logKey } = this.#parts
    const state = this.#state
    const key = headEntry(logKey)
    // Whatever was written before a durable write is durable with it.
    for (let isDone = false; !isDone;) {
      const stored = { key, value: await storage.get(key) }
      isDone = await storage.write([stored], { durability: 'strict', expect: [stored] })
    }
    this.#durable = state
  }

  /** What is stored now, for an `update` that finds that somebody else has written. */
  load(): Promise<LogState> {
    this.records.forget()
    this.#loads++
    return loadState({ ...this.#parts, records: this.records })
  }

  /** Somebody else has written, to this log or another one. Once for all that is told of until it is looked at. */
  #lookAgain(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    const look = async (): Promise<void> => {
      this.#isLooking = false
      const state = await this.load()
      const isNew =
        state.size > this.#state.size ||
        state.isOwner !== this.#state.isOwner ||
        (state.fork !== null && this.#state.fork === null) ||
        !state.presence.equals(this.#state.presence)
      // What others keep of a log that is not this device's is in no head.
      const isLonger = state.size >= this.#state.size
      if ((isNew || !this.isWritable) && isLonger) this.#become(state, changesBetween(this.#state, state, null))
    }
    // What keeps it from being looked at, the next call will say.
    this.changes.run(look).catch(() => undefined)
  }

  /** The one place that changes the state, and tells of it. */
  #become(state: LogState, changed: readonly ChangedBlocks[]): void {
    const previous = this.#state
    this.#state = state
    for (const { start, end } of changed) this.waits.arrived(start, end)
    if (state.size > previous.size) {
      // Those too who wait for the log to grow, and look then for what they wait for.
      this.waits.arrived(previous.size, state.size)
      this.events.emit('grow', { previous: previous.size, length: state.size })
    }
    for (const range of changed) this.events.emit('presence', range)
    if (state.fork !== null && previous.fork === null) this.events.emit('fork', { evidence: state.fork })
  }

  /** Freezes the log for good, on this device, if that proves a fork; whether it does. */
  async freeze(evidence: Uint8Array): Promise<boolean> {
    const { sodium, hash, logKey, storage } = this.#parts
    if (!provesFork(sodium, hash, logKey, evidence)) return false
    await this.changes.run(async () => {
      if (this.#state.fork !== null) return
      await storage.write([{ key: forkEntry(logKey), value: evidence }], { durability: 'strict' })
      this.#become({ ...this.#state, fork: evidence }, [])
    })
    return true
  }

  /**
   * `null` for what is no head of this log; freezes it when the two cannot both be true. A greater one than this device has signed, if it is the
   * writer, was signed by a copy of it, which has the log then: here nothing is appended before it is recovered.
   */
  async compare(bytes: Uint8Array): Promise<HeadRelation | null> {
    const head = verifyLogHead(this.#parts.sodium, bytes)
    if (head === null || !equalBytes(head.key, this.#parts.logKey)) return null
    if (this.isWritable && this.#state.fork === null && head.size > this.#state.size) await giveUp(this, head.size)
    const mine = this.#state
    if (mine.head === null || head.size > mine.size) return 'newer'
    if (equalBytes(mine.head, bytes)) return 'same'
    const root = await this.#hashOf({ start: 0, end: head.size })
    if (root === null) return 'unknown'
    if (equalBytes(root, head.root)) return head.size === mine.size ? 'same' : 'older'
    const isOfOneSize = head.size === mine.size
    const proof = isOfOneSize ? [] : await this.#consistencyProof(head.size, mine.size)
    if (proof === null) return 'unknown'
    const hashes = isOfOneSize ? [] : [root, ...proof]
    if (await this.freeze(encodeLogFork({ older: bytes, newer: mine.head, hashes }))) return 'forked'
    throw damaged('its tree has not the root that its head names')
  }

  async #consistencyProof(from: number, to: number): Promise<Uint8Array[] | null> {
    const proof: Uint8Array[] = []
    for (const range of consistencyRanges(from, to)) {
      const hash = await this.#hashOf(range)
      if (hash === null) return null
      proof.push(hash)
    }
    return proof
  }

  async #hashOf(range: BlockRange): Promise<Uint8Array | null> {
    const nodes = await this.nodes(nodesOf(range))
    return nodes === null ? null : foldNodes(this.#parts.hash, nodes)
  }

  /** Complete nodes of the tree; `null` when this device, which is not the writer's, does not know one of them. Rejects `log-damaged`. */
  async nodes(positions: readonly NodePosition[]): Promise<Uint8Array[] | null> {
    const nodes: Uint8Array[] = []
    for (const position of positions) {
      const node = this.isWritable ? await this.records.node(position) : await this.records.findNode(position)
      if (node === null) return null
      nodes.push(node)
    }
    return nodes
  }

  /** Resolves when nothing is being written any more. To be called once nobody uses it. */
  async close(): Promise<void> {
    this.#stopListening()
    await this.#committer.settled()
    await this.changes.settled()
  }
}
