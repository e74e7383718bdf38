import { logBindingOf, type Sodium } from '../../crypto/index.js'
import { LOG_NONCE_BYTES } from '../../protocol/limits.js'
import { logIdIn } from '../../protocol/log-frames.js'
import {
  decodeLogLinkHello,
  decodeLogLinkMessage,
  encodeLogLinkHello,
  encodeLogLinkMessage,
  framed,
  LogMessages,
} from '../../protocol/log-link.js'
import { encodeBase64url } from '../../util/base64url.js'
import { compareBytes } from '../../util/bytes.js'
import type { Offences } from './offences.js'
import type { LogPeer } from './peer.js'
import type { LogPort, PeerPath } from './port.js'
import type { LogSwarm } from './swarm.js'
import { Violation } from './violation.js'

/** Logs that the other side has and this one has not, or not yet, which are kept in mind. */
const MAX_UNMATCHED = 1_024

export interface LinkParts {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  /** Who is at the other end. */
  readonly peerId: string
  /**
   * What the streams prove each end to the other to be: in a group, the members' ids. It keeps a third one from passing on what two say
   * to each other. `null` where they prove nothing.
   */
  readonly names: { readonly mine: string; readonly theirs: string } | null
  readonly path: () => PeerPath
  readonly offences: Offences
  readonly sodium: Sodium
  readonly random: (size: number) => Uint8Array
}

type Stage =
  | { readonly name: 'greeting'; readonly nonce: Uint8Array }
  | { readonly name: 'open'; readonly binding: Uint8Array; readonly isFirst: boolean }
  | { readonly name: 'closed' }

/** A log that is shared on a link. `peer` is `null` before the link is open, and once the peer has broken the protocol. */
interface Share {
  readonly logId: string
  readonly swarm: LogSwarm
  peer: LogPeer | null
}

/** Any duplex stream of bytes, on which this device and another replicate what logs they both have. */
export class LogLink {
  /** Resolves when the link is closed, by whoever: the streams then are, too. */
  readonly closed: Promise<void>
  readonly #parts: LinkParts
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #shares = new Map<string, Share>()
  /** By the other side's channel. */
  readonly #bound = new Map<number, LogPeer>()
  /** What the other side opened, by its channel, for which nothing is shared here. */
  readonly #unmatched = new Map<number, Uint8Array>()
  readonly #stopListening: () => void
  /** Whether the other side has opened more logs than are kept in mind. */
  #isOverrun = false
  #nextChannel = 0
  #stage: Stage

  constructor(parts: LinkParts) {
    this.#parts = parts
    this.#writer = parts.writable.getWriter()
    this.#reader = parts.readable.getReader()
    this.#stopListening = parts.offences.onBan((peerId) => {
      if (peerId === parts.peerId) this.close()
    })
    const nonce = parts.random(LOG_NONCE_BYTES)
    this.#stage = { name: 'greeting', nonce }
    void this.#write(encodeLogLinkHello(nonce))
    this.closed = this.#read()
    if (parts.offences.isBanned(parts.peerId)) this.close()
  }

  /** Replicates a log on this link, from when the other side does too. The result ends that. */
  share(logId: Uint8Array, swarm: LogSwarm): () => void {
    const share: Share = { logId: encodeBase64url(logId), swarm, peer: null }
    this.#shares.set(share.logId, share)
    this.#begin(share)
    if (this.#isOverrun && share.peer !== null && !this.#isBound(share.peer)) {
      // The other side may have opened it already. Whose peer closes a log opens it anew.
      share.peer.close()
      this.#begin(share)
    }
    return () => {
      this.#shares.delete(share.logId)
      share.peer?.close()
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#stage.name === 'closed') return
    this.#stage = { name: 'closed' }
    this.#stopListening()
    for (const { peer } of this.#shares.values()) peer?.close()
    this.#shares.clear()
    this.#bound.clear()
    this.#unmatched.clear()
    // Either may have failed already, which is why it is closed.
    this.#reader.cancel().catch(() => undefined)
    this.#writer.close().catch(() => undefined)
  }

  async #read(): Promise<void> {
    const messages = new LogMessages()
    try {
      for (let read = await this.#reader.read(); !read.done; read = await this.#reader.read()) {
        // One after the other, so that whoever sends more than can be stored waits.
        for (const message of messages.add(read.value)) await this.#handle(message)
      }
    } catch {
      // The stream failed, or brought what is no message: there is nothing that could follow either.
    }
    this.close()
  }

  async #handle(message: Uint8Array): Promise<void> {
    if (this.#stage.name === 'closed') return
    if (this.#stage.name === 'greeting') {
      this.#greet(this.#stage.nonce, decodeLogLinkHello(message))
      return
    }
    const { channel, frame } = decodeLogLinkMessage(message)
    const peer = this.#bound.get(channel)
    if (frame.length === 0) this.#ended(channel, peer)
    else if (peer === undefined) await this.#match(channel, frame)
    else await peer.handle(frame)
  }

  #greet(mine: Uint8Array, theirs: Uint8Array): void {
    const order = compareBytes(mine, theirs)
    if (order === 0) throw new Violation('an echo')
    const { sodium, names } = this.#parts
    const [me, them] = [
      { nonce: mine, name: names?.mine ?? '' },
      { nonce: theirs, name: names?.theirs ?? '' },
    ]
    const binding = order < 0 ? logBindingOf(sodium, me, them) : logBindingOf(sodium, them, me)
    this.#stage = { name: 'open', binding, isFirst: order < 0 }
    for (const share of this.#shares.values()) this.#begin(share)
  }

  #begin(share: Share): void {
    if (this.#stage.name !== 'open') return
    const { binding, isFirst } = this.#stage
    const channel = this.#nextChannel++
    const { peerId, path } = this.#parts
    const say = (...frame: readonly Uint8Array[]): Promise<void> =>
      this.#write(...encodeLogLinkMessage(channel, ...frame))
    const port: LogPort = {
      peerId,
      binding,
      isFirst,
      path,
      send: say,
      close: () => void say(),
    }
    share.peer = share.swarm.connect(port)
    for (const [theirs, frame] of this.#unmatched) {
      if (logIdIn(frame) === share.logId) void this.#match(theirs, frame)
    }
  }

  /** The other side has opened a log. */
  async #match(channel: number, frame: Uint8Array): Promise<void> {
    const share = this.#shares.get(logIdIn(frame) ?? '')
    if (share?.peer && !this.#isBound(share.peer)) {
      this.#unmatched.delete(channel)
      this.#bound.set(channel, share.peer)
      await share.peer.handle(frame)
      return
    }
    // What follows an OPEN that nobody here took was under way when the log was given up here.
    if (logIdIn(frame) === null || this.#unmatched.has(channel)) return
    if (this.#unmatched.size < MAX_UNMATCHED) this.#unmatched.set(channel, frame.slice())
    else this.#isOverrun = true
  }

  /** Whether the other side has opened its log, too. */
  #isBound(peer: LogPeer): boolean {
    return [...this.#bound.values()].includes(peer)
  }

  /** The other side has closed a log, and may open it again on another channel. */
  #ended(channel: number, peer: LogPeer | undefined): void {
    this.#unmatched.delete(channel)
    this.#bound.delete(channel)
    const share = [...this.#shares.values()].find((each) => each.peer === peer)
    if (peer === undefined || share === undefined) return
    const isRefused = peer.isClosed
    peer.close()
    // Not with one that broke the protocol.
    if (!isRefused) this.#begin(share)
  }

  async #write(...message: readonly Uint8Array[]): Promise<void> {
    if (this.#stage.name === 'closed') return
    try {
      void this.#writer.write(framed(...message)).catch(() => undefined)
      await this.#writer.ready
    } catch {
      // The reader ends for the same reason.
    }
  }
}
