import { Core } from '../../sdk/mesh/core.js'
import { Engine } from '../../sdk/mesh/engine.js'
import { Pace } from '../../sdk/mesh/pace.js'
import { Gossip } from '../../sdk/mesh/roster/gossip.js'
import { Roster, type RosterChange } from '../../sdk/mesh/roster/roster.js'
import { ServerConnection } from '../../sdk/mesh/setup/server-connection.js'
import { Datagrams } from '../../sdk/mesh/stream/datagrams.js'
import { Inbox, type InMessage } from '../../sdk/mesh/stream/inbox.js'
import { Incoming } from '../../sdk/mesh/stream/incoming.js'
import type { Unsettled } from '../../sdk/mesh/stream/out-message.js'
import { Outbox } from '../../sdk/mesh/stream/outbox.js'
import { Outgoing } from '../../sdk/mesh/stream/outgoing.js'
import { PairStreams } from '../../sdk/mesh/stream/pair-streams.js'
import { Reassembly } from '../../sdk/mesh/stream/reassembly.js'
import { Receipt } from '../../sdk/mesh/stream/receipt.js'
import { Streams } from '../../sdk/mesh/stream/streams.js'
import { ProtocolViolation } from '../../sdk/mesh/violation.js'
import type { AllChunk, Datagram, OneChunk } from '../../sdk/protocol/records.js'
import {
  decodeRosterRecord,
  rosterRecordHead,
  type RosterRecord,
  type RosterRecordHead,
} from '../../sdk/protocol/roster-record.js'
import { MESSAGE_STREAM, STREAM_MODE } from '../../sdk/protocol/streams.js'
import { Random } from '../support/random.js'
import { ageInMidLine } from './delivery-worlds.js'
import type { Planted } from './planted.js'

/** A mistake that delivery, membership or routing could have, and the rules of which one shows it first. */
export interface EngineFault {
  readonly name: string
  readonly rules: readonly string[]
  /** A world made for it, where it takes more than chance; any of the first seeds, when not given. */
  readonly world?: () => void
  readonly plant: () => NonNullable<Planted['swaps']>
}

const withLinger = (lingerMs: number) =>
  class extends Core {
    constructor(...[options, nowMs]: ConstructorParameters<typeof Core>) {
      super({ ...options, lingerMs }, nowMs)
    }
  }

const nothing = (): void => undefined

export const engineFaults: readonly EngineFault[] = [
  {
    name: 'duplicates are not removed',
    rules: ['order', 'invented'],
    plant: () => ({
      Inbox: class extends Inbox {
        override accept(chunk: AllChunk | OneChunk): InMessage | null {
          const { nextBroadcast, nextPrivate } = this.position
          const isOld = chunk.number < (chunk.type === 'all' ? nextBroadcast : nextPrivate)
          if (!isOld || chunk.bytes.length < chunk.total) return super.accept(chunk)
          const to = chunk.type === 'all' ? 'all' : 'me'
          return { to, kind: chunk.text ? 'text' : 'binary', end: chunk.end, bytes: chunk.bytes.slice() }
        }
      },
    }),
  },
  {
    name: 'a message is acknowledged before it is delivered, with its first piece',
    rules: ['confirmed', 'gap', 'lost', 'agreement'],
    plant: () => ({
      Inbox: class extends Inbox {
        #type: 'all' | 'one' = 'all'

        override accept(chunk: AllChunk | OneChunk): InMessage | null {
          if (chunk.first) this.#type = chunk.type
          return super.accept(chunk)
        }

        override get position(): Inbox['position'] {
          const { nextBroadcast, nextPrivate, offset } = super.position
          if (offset === 0) return { nextBroadcast, nextPrivate, offset }
          return this.#type === 'all'
            ? { nextBroadcast: nextBroadcast + 1, nextPrivate, offset: 0 }
            : { nextBroadcast, nextPrivate: nextPrivate + 1, offset: 0 }
        }
      },
    }),
  },
  {
    name: 'what is held back is never delivered',
    rules: ['gap', 'lost'],
    plant: () => ({
      Streams: class extends Streams {
        override release = nothing
      },
    }),
  },
  {
    // One of the two alone makes up for the other, if later.
    name: 'nothing is sent again after a change of path, nor when it is not acknowledged',
    rules: ['gap', 'lost', 'settled'],
    plant: () => ({
      Outbox: class extends Outbox {
        override rewind = nothing
        override probe = nothing
      },
    }),
  },
  {
    name: 'what a relay has dropped is not sent again',
    rules: ['lost', 'settled'],
    plant: () => ({
      Outgoing: class extends Outgoing {
        override resendAtMs = (): null => null
      },
    }),
  },
  {
    name: 'a number is used again after a member has come back',
    rules: ['gap', 'lost', 'confirmed', 'agreement'],
    plant: () => ({
      Streams: class extends Streams {
        override adopt(...[peer, agreed]: Parameters<Streams['adopt']>): boolean {
          const isNew = super.adopt(peer, agreed)
          if (isNew && peer.nextPrivate > 1) peer.nextPrivate--
          return isNew
        }
      },
    }),
  },
  {
    name: 'a stream that starts anew is read from where the old one stood',
    rules: ['lost', 'settled'],
    plant: () => ({
      Streams: class extends Streams {
        override adopt(...[peer, agreed]: Parameters<Streams['adopt']>): boolean {
          const incoming = peer.streams?.messagesIn
          const before = incoming?.inbox ?? null
          const isNew = super.adopt(peer, agreed)
          if (incoming !== undefined && before !== null) incoming.inbox = before
          return isNew
        }
      },
    }),
  },
  {
    name: 'a private message goes before the broadcast that it follows',
    rules: ['gap', 'confirmed'],
    plant: () => ({
      Inbox: class extends Inbox {
        #held: InMessage | null = null

        override accept(chunk: AllChunk | OneChunk): InMessage | null {
          const message = super.accept(chunk)
          if (message?.to !== 'all') return message
          const held = this.#held
          this.#held = message
          return held
        }
      },
    }),
  },
  {
    name: 'a window takes everything',
    rules: ['holds'],
    plant: () => ({
      Outbox: class extends Outbox {
        constructor(options: ConstructorParameters<typeof Outbox>[0]) {
          const { terms } = options
          const [windowBytes, firstCredit] = [1_024 * terms.windowBytes, 1_024 * terms.firstCredit]
          super({ ...options, terms: { ...terms, windowBytes, firstCredit } })
        }

        override acknowledge(...[broadcast, one, offset]: Parameters<Outbox['acknowledge']>): boolean {
          return super.acknowledge(broadcast, one, offset, Infinity)
        }
      },
    }),
  },
  {
    name: 'a datagram is sent again under another number',
    rules: ['datagram-twice'],
    plant: () => ({
      Datagrams: class extends Datagrams {
        override push(...args: Parameters<Datagrams['push']>): void {
          super.push(...args)
          super.push(...args)
        }
      },
    }),
  },
  {
    name: 'of datagrams of which only the newest counts, older ones are delivered',
    rules: ['datagram-outdated'],
    plant: () => ({
      Incoming: class extends Incoming {
        readonly #met = new Set<number>()

        override isFresh(datagram: Datagram): boolean {
          const isFirst = !this.#met.has(datagram.number)
          this.#met.add(datagram.number)
          return super.isFresh(datagram) || (isFirst && this.opening?.mode === STREAM_MODE.LATEST)
        }
      },
    }),
  },
  {
    name: 'a pause in mid-message throws it away',
    rules: ['gap', 'lost', 'confirmed'],
    plant: () => ({
      Incoming: class extends Incoming {
        override receive(...args: Parameters<Incoming['receive']>): InMessage | null {
          const isInMid = this.isPaused && this.inbox.missingBytes > 0
          const message = super.receive(...args)
          return isInMid ? null : message
        }
      },
    }),
  },
  {
    name: 'the sender is blamed for what was on its way when its reader paused',
    rules: ['removed'],
    plant: () => ({
      Incoming: class extends Incoming {
        override receive(...args: Parameters<Incoming['receive']>): InMessage | null {
          if (this.isPaused && this.stream !== MESSAGE_STREAM) throw new ProtocolViolation('goes on without credit')
          return super.receive(...args)
        }
      },
    }),
  },
  {
    name: 'a paused stream holds up the messages of its sender',
    rules: ['held-up', 'lost'],
    plant: () => ({
      Reassembly: class extends Reassembly {
        override creditFor(incoming: Incoming): number {
          const isHeldUp = incoming.peer.streams?.ins.some(({ isPaused }) => isPaused) === true
          return isHeldUp ? 0 : super.creditFor(incoming)
        }
      },
    }),
  },
  {
    name: 'streams are refused to members that have few',
    rules: ['stream-refused', 'holds'],
    plant: () => ({
      PairStreams: class extends PairStreams {
        override get openCount(): number {
          return 253 + super.openCount
        }
      },
    }),
  },
  {
    name: 'a report does not wait for all',
    rules: ['untold'],
    plant: () => ({
      Receipt: class extends Receipt {
        override expect = nothing
      },
    }),
  },
  {
    name: 'what was on its way is said not to have been delivered',
    rules: ['ruled-out'],
    plant: () => ({
      Outbox: class extends Outbox {
        override restart(...firsts: Parameters<Outbox['restart']>): Unsettled[] {
          return super.restart(...firsts).map((one) => ({ ...one, isSent: false }))
        }
      },
    }),
  },
  {
    name: 'the room of links is not looked at',
    rules: ['room'],
    plant: () => ({
      Pace: class extends Pace {
        override get room(): number {
          return 1_000_000
        }
      },
    }),
  },
  {
    name: 'members are given up after a second of silence',
    rules: ['calm-leave', 'healthy-removed', 'agreement', 'busy'],
    plant: () => ({ Core: withLinger(1_000) }),
  },
  {
    name: 'members are hardly ever given up',
    rules: ['ghost', 'agreement'],
    plant: () => ({ Core: withLinger(120_000) }),
  },
  {
    name: 'a goodbye is not taken',
    rules: ['goodbye'],
    plant: () => ({
      Roster: class extends Roster {
        override accept(bytes: Uint8Array, nowMs: number): RosterChange | null {
          const { content } = decodeRosterRecord(bytes)
          return content.kind === 'links' && content.gone ? null : super.accept(bytes, nowMs)
        }
      },
    }),
  },
  {
    name: 'a stale record is taken for a new one',
    rules: ['spins', 'busy', 'holds'],
    plant: () => {
      const [decode, readHead] = [decodeRosterRecord, rosterRecordHead]
      let version = 1_000_000
      return {
        decodeRosterRecord: (bytes: Uint8Array): RosterRecord => ({ ...decode(bytes), version: ++version }),
        rosterRecordHead: (bytes: Uint8Array): RosterRecordHead | null => {
          const head = readHead(bytes)
          return head && { ...head, version: ++version }
        },
      }
    },
  },
  {
    name: 'hops are not counted',
    rules: ['hops'],
    plant: () => ({ countHop: nothing }),
  },
  {
    name: 'there is no limit of hops',
    rules: ['hops'],
    world: ageInMidLine,
    plant: () => ({ MAX_HOPS: Infinity }),
  },
  {
    name: 'a frame that was passed on is not known again',
    rules: ['forwarded-twice'],
    plant: () => {
      const random = new Random('marks')
      return { relayFrameMark: () => random.bytes(16) }
    },
  },
  {
    name: 'a deadline is never met',
    rules: ['busy'],
    plant: () => ({
      Gossip: class extends Gossip {
        readonly #core: Core

        constructor(...[core, ...rest]: ConstructorParameters<typeof Gossip>) {
          super(core, ...rest)
          this.#core = core
        }

        override tick(): number {
          return Math.min(super.tick(), this.#core.nowMs + 5)
        }
      },
    }),
  },
  {
    name: 'a timer is left behind',
    rules: ['after-left'],
    plant: () => ({
      Engine: class extends Engine {
        override step(...[event, nowMs, effects]: Parameters<Engine['step']>): void {
          super.step(event, nowMs, effects)
          if (event.type === 'leave') effects.wake(nowMs + 60_000)
        }
      },
    }),
  },
  {
    name: 'a carrier is left behind',
    rules: ['left-open', 'suspended-open'],
    plant: () => ({
      ServerConnection: class extends ServerConnection {
        override leave = nothing
      },
    }),
  },
]
