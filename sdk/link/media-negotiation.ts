import { MAX_MEDIA_SLOTS } from '../protocol/limits.js'
import { parseFingerprint } from './fingerprint.js'
import { equalBytes } from '../util/bytes.js'
import { findFault, readDescription, type Described } from './media-description.js'
import type { MediaLink, MediaLinkHandlers, MediaPort, TrackKind } from './media.js'
import { MediaSlot } from './media-slot.js'
import { decodeMediaText, encodeMediaText, type Labels, type MediaText } from './media-texts.js'

type Need = Readonly<Record<TrackKind, number>>

/**
 * Slots that are made as soon as the media of a link are taken up: a first camera with its microphone, of either side, then
 * waits for no exchange, which takes longer than all else until its first picture is there.
 */
const AT_FIRST: Need = { audio: 1, video: 1 }

/** A track of mine. */
interface Sent {
  readonly kind: TrackKind
  readonly track: MediaStreamTrack | null
  /** `null` while there is none free. */
  readonly slot: MediaSlot | null
}

/**
 * Where the two ends are in agreeing on slots. One exchange at a time: whoever may not say something now says it when
 * the exchange is over.
 *
 * | from | to | when |
 * |---|---|---|
 * | idle | offering | slots are missing at either end, and offers are made here |
 * | offering | offered | my offer is out |
 * | offered | applying | its answer has come |
 * | applying | idle | the answer is in force |
 * | idle | wanting | slots are missing here, and offers are made there |
 * | idle, wanting | answering | an offer has come |
 * | answering | idle | my answer is out |
 * | any | over | the link is gone |
 */
type Stage = 'idle' | 'offering' | 'offered' | 'applying' | 'wanting' | 'answering' | 'over'

const moves: Readonly<Record<Stage, readonly Stage[]>> = {
  idle: ['offering', 'wanting', 'answering', 'over'],
  offering: ['offered', 'over'],
  offered: ['applying', 'over'],
  applying: ['idle', 'over'],
  wanting: ['answering', 'over'],
  answering: ['idle', 'over'],
  over: [],
}

/**
 * Makes slots on the connection of a link until there are enough for what both sides send, and says which of them carry
 * what. Only the side that made the first offer ever makes one, so that offers never cross; the other asks for slots.
 */
export class MediaNegotiation implements MediaLink {
  readonly #port: MediaPort
  readonly #handlers: MediaLinkHandlers
  readonly #slots: MediaSlot[] = []
  readonly #sent = new Map<number, Sent>()
  #stage: Stage = 'idle'
  /** What the other side has asked for. */
  #theirNeed = AT_FIRST
  #theirLabels: Labels = []
  #theirs = new Map<number, MediaSlot>()
  #described: Described
  /** What the other side was told of my labels. */
  #toldLabels = '[]'
  #isStepping = false

  constructor(port: MediaPort, handlers: MediaLinkHandlers) {
    this.#port = port
    this.#handlers = handlers
    this.#described = readDescription(port.connection.remoteDescription?.sdp ?? '')
    port.take({
      onText: (text) => this.#handleText(text),
      onClose: () => {
        if (this.#stage === 'over') return
        this.#move('over')
        handlers.onClose()
      },
    })
    this.#stepSoon()
  }

  async send(label: number, kind: TrackKind, track: MediaStreamTrack | null): Promise<void> {
    if (this.#isOver) return
    const slot = this.#sent.get(label)?.slot ?? this.#takeFree(label, kind)
    this.#sent.set(label, { kind, track, slot })
    this.#stepSoon()
    if (slot !== null) await this.#carry(slot, track)
  }

  stop(label: number): void {
    const sent = this.#sent.get(label)
    if (sent === undefined || this.#isOver) return
    this.#sent.delete(label)
    if (sent.slot !== null) {
      sent.slot.own = null
      // What is free carries nothing; that it could not be emptied is no news to anybody.
      this.#carry(sent.slot, null).catch(() => undefined)
    }
    this.#stepSoon()
  }

  track(label: number): MediaStreamTrack | null {
    return this.#isOver ? null : (this.#theirs.get(label)?.theirs ?? null)
  }

  sender(label: number): RTCRtpSender | null {
    return this.#isOver ? null : (this.#sent.get(label)?.slot?.sender ?? null)
  }

  createStream(): MediaStream {
    return this.#port.createStream()
  }

  stats(): Promise<RTCStatsReport> {
    return this.#port.connection.getStats()
  }

  release(): void {
    if (this.#isOver) return
    this.#move('over')
    for (const slot of this.#slots) slot.carry(null).catch(() => undefined)
  }

  /** Asked by a method, since it may come true during any wait. */
  get #isOver(): boolean {
    return this.#stage === 'over'
  }

  #move(next: Stage): void {
    if (!moves[this.#stage].includes(next)) throw new Error(`media cannot go from "${this.#stage}" to "${next}"`)
    this.#stage = next
  }

  async #carry(slot: MediaSlot, track: MediaStreamTrack | null): Promise<void> {
    try {
      await slot.carry(track)
    } catch (error) {
      // A connection that is closed takes no track, and needs none.
      if (!this.#isOver) throw error
    }
  }

  #takeFree(label: number, kind: TrackKind): MediaSlot | null {
    const slot = this.#slots.find((candidate) => candidate.kind === kind && candidate.own === null) ?? null
    if (slot !== null) slot.own = label
    return slot
  }

  /** Gives the slots that are free to those that wait for one. */
  #fill(): void {
    for (const [label, sent] of this.#sent) {
      if (sent.slot !== null) continue
      const slot = this.#takeFree(label, sent.kind)
      if (slot === null) continue
      this.#sent.set(label, { ...sent, slot })
      this.#carry(slot, sent.track).catch((error: unknown) => this.#fail(`track cannot be sent: ${String(error)}`))
    }
  }

  get #need(): Need {
    const kinds = [...this.#sent.values()].map(({ kind }) => kind)
    const count = (kind: TrackKind) => Math.min(MAX_MEDIA_SLOTS, kinds.filter((each) => each === kind).length)
    return { audio: count('audio'), video: count('video') }
  }

  #count(kind: TrackKind): number {
    return this.#slots.filter((slot) => slot.kind === kind).length
  }

  #labels(): Labels {
    return this.#slots.flatMap(({ mid, own }) => (mid === null || own === null ? [] : [[mid, own] as const]))
  }

  /** What changes in one task leads to one exchange. */
  #stepSoon(): void {
    if (this.#isStepping) return
    this.#isStepping = true
    void Promise.resolve().then(() => {
      this.#isStepping = false
      this.#step()
    })
  }

  /** Does what is to be done next, if anything. */
  #step(): void {
    if (this.#stage !== 'idle') return
    this.#fill()
    const need = this.#need
    const { initiator } = this.#port
    const missing = (['audio', 'video'] as const).flatMap((kind) => {
      const wanted = initiator ? Math.max(need[kind], this.#theirNeed[kind], AT_FIRST[kind]) : need[kind]
      return Array.from({ length: Math.max(0, wanted - this.#count(kind)) }, () => kind)
    })
    if (missing.length === 0) return this.#tellLabels()
    if (initiator) return this.#run('offering', () => this.#offer(missing))
    this.#move('wanting')
    this.#say({ type: 'want', ...need })
  }

  #tellLabels(): void {
    const labels = this.#labels()
    if (JSON.stringify(labels) === this.#toldLabels) return
    this.#say({ type: 'labels', labels })
  }

  #say(said: MediaText): void {
    const text = encodeMediaText(said)
    if (text === null) return this.#fail(`${said.type} that is too long`)
    if ('labels' in said) this.#toldLabels = JSON.stringify(said.labels)
    this.#port.send(text)
  }

  #fail(reason: string): void {
    if (this.#isOver) return
    this.#move('over')
    this.#port.fail(`media: ${reason}`)
    this.#handlers.onClose()
  }

  #handleText(text: string): void {
    if (this.#isOver) return
    const said = decodeMediaText(text)
    if (said === null) return this.#fail('text that says nothing')
    switch (said.type) {
      case 'want':
        if (!this.#port.initiator) return this.#fail('asked for slots by who makes them')
        this.#theirNeed = said
        return this.#step()
      case 'labels':
        this.#theirLabels = said.labels
        return this.#applyLabels()
      case 'offer':
        if (this.#port.initiator || (this.#stage !== 'idle' && this.#stage !== 'wanting')) {
          return this.#fail('offer out of turn')
        }
        this.#theirLabels = said.labels
        return this.#run('answering', () => this.#answer(said.sdp))
      case 'answer':
        if (this.#stage !== 'offered') return this.#fail('answer out of turn')
        this.#theirLabels = said.labels
        return this.#run('applying', () => this.#apply(said.sdp))
    }
  }

  /** One stage that takes time. The engine throws at what it cannot apply, and at a connection that has been closed. */
  #run(stage: Stage, work: () => Promise<void>): void {
    this.#move(stage)
    work().catch((error: unknown) => this.#fail(`${stage} failed: ${String(error)}`))
  }

  async #offer(missing: readonly TrackKind[]): Promise<void> {
    const { connection } = this.#port
    for (const kind of missing) {
      this.#slots.push(new MediaSlot(connection.addTransceiver(kind, { direction: 'sendrecv' }), kind))
    }
    this.#fill()
    const sdp = await this.#describe(await connection.createOffer())
    if (sdp === null) return
    this.#move('offered')
    this.#say({ type: 'offer', sdp, labels: this.#labels() })
  }

  /** Puts a description of this side in force. `null` if that was the end. */
  async #describe(description: RTCSessionDescriptionInit): Promise<string | null> {
    const { sdp = '' } = description
    const named = parseFingerprint(sdp)
    if (named === null || !equalBytes(named, this.#port.binding.local)) {
      this.#fail('another certificate of my own')
      return null
    }
    await this.#port.connection.setLocalDescription(description)
    return this.#isOver ? null : sdp
  }

  /** Puts a description of the other side in force. `false` if that was the end. */
  async #accept(type: 'offer' | 'answer', sdp: string): Promise<boolean> {
    const { connection, binding } = this.#port
    const fault = findFault(sdp, binding.remote, this.#described)
    if (fault !== null) {
      this.#fail(`${type} with ${fault}`)
      return false
    }
    const before = this.#described.sections.length
    this.#described = readDescription(sdp)
    const grown = this.#described.sections.length - before
    if (grown === 0 || (type === 'answer' && this.#described.sections.length !== this.#slots.length + 1)) {
      this.#fail(`${type} of another number of slots`)
      return false
    }
    await connection.setRemoteDescription({ type, sdp })
    return !this.#isOver
  }

  async #apply(sdp: string): Promise<void> {
    if (!(await this.#accept('answer', sdp))) return
    this.#finish()
  }

  async #answer(sdp: string): Promise<void> {
    const { connection } = this.#port
    if (!(await this.#accept('offer', sdp))) return
    const known = new Set(this.#slots.map(({ mid }) => mid))
    for (const transceiver of connection.getTransceivers()) {
      if (known.has(transceiver.mid)) continue
      const slot = new MediaSlot(transceiver, transceiver.receiver.track.kind as TrackKind)
      slot.accept()
      this.#slots.push(slot)
    }
    this.#fill()
    const answer = await this.#describe(await connection.createAnswer())
    if (answer === null) return
    this.#say({ type: 'answer', sdp: answer, labels: this.#labels() })
    this.#finish()
  }

  #finish(): void {
    if (this.#isOver) return
    if (!this.#slots.every(({ isOpen }) => isOpen)) return this.#fail('a slot that is not open both ways')
    for (const slot of this.#slots) slot.isAgreed = true
    this.#move('idle')
    this.#applyLabels()
    this.#step()
  }

  #applyLabels(): void {
    const slots = new Map(this.#slots.map((slot) => [slot.mid, slot]))
    const theirs = new Map<number, MediaSlot>()
    for (const [mid, label] of this.#theirLabels) {
      const slot = slots.get(mid)
      if (slot?.isAgreed === true) theirs.set(label, slot)
    }
    this.#theirs = theirs
    this.#handlers.onTracks()
  }
}
