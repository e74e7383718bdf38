import type { MemberStream, OwnStream, StreamHub, StreamReader } from '../../mesh/streams.js'
import { STREAM_KIND, STREAM_MODE } from '../../protocol/streams.js'
import {
  decodeLogHello,
  encodeLogHello,
  logStreamName,
  parseLogStreamName,
  type LogHello,
} from '../../protocol/log-hello.js'
import { DecodeError } from '../../protocol/decode-error.js'
import type { Listed } from './listed.js'
import type { LogLink } from './link.js'
import { MemberWay } from './member-way.js'

const NOTHING = new Uint8Array()

export interface GroupLinksParts {
  readonly hub: StreamHub
  readonly nowMs: number
  readonly listed: Listed
  /** Begins a link with a member; `null` with one that is not spoken to. */
  readonly connect: (memberId: string, way: MemberWay) => LogLink | null
}

interface Entry {
  readonly instance: number
  readonly way: MemberWay
  readonly link: LogLink
}

/** Of this page or process: a member may begin anew, and what it said before be on its way still. */
let lastInstance = 0

const nextInstance = (nowMs: number): number => (lastInstance = Math.max(lastInstance + 1, Math.floor(nowMs)))

/**
 * Links with the members of a group that have logs too. A member says to each other one that it has, and to whoever comes later; who
 * hears that answers and begins a link, and so does who hears of one that was begun.
 */
export class GroupLinks {
  readonly #parts: GroupLinksParts
  readonly #instance: number
  /** By member, on which it is told what is listed here. */
  readonly #hellos = new Map<string, OwnStream>()
  readonly #entries = new Map<string, Entry>()
  readonly #undo: (() => void)[]

  constructor(parts: GroupLinksParts) {
    this.#parts = parts
    this.#instance = nextInstance(parts.nowMs)
    const { hub } = parts
    this.#undo = [
      hub.read(STREAM_KIND.LOG_HELLO, ({ from }) => this.#greeted(from)),
      hub.read(STREAM_KIND.LOG, (stream) => this.#opened(stream)),
      hub.onMember(({ id, isHere }) => {
        if (isHere) this.#greet(id, false)
        else this.#forget(id)
      }),
      parts.listed.onOwnChange(() => {
        for (const [member, hello] of this.#hellos) this.#say(hello, member, true)
      }),
    ]
    for (const member of hub.members) if (member !== hub.myId) this.#greet(member, false)
  }

  close(): void {
    for (const each of this.#undo) each()
    for (const { link } of [...this.#entries.values()]) link.close()
    for (const member of [...this.#hellos.keys()]) this.#endHello(member)
  }

  /** On a stream of its own: one that was opened before the member listened goes by it. */
  #greet(to: string, isAnswer: boolean): void {
    this.#endHello(to)
    const hello = this.#parts.hub.own(STREAM_KIND.LOG_HELLO, STREAM_MODE.MESSAGES, '')
    this.#hellos.set(to, hello)
    this.#say(hello, to, isAnswer)
  }

  /** Whom it does not reach has left. */
  #say(hello: OwnStream, to: string, isAnswer: boolean): void {
    const bytes = encodeLogHello({ isAnswer, instance: this.#instance, keys: this.#parts.listed.own() })
    hello.send(to, bytes).catch(() => undefined)
  }

  #endHello(member: string): void {
    const hello = this.#hellos.get(member)
    this.#hellos.delete(member)
    hello?.send(member, NOTHING, { end: true }).catch(() => undefined)
    hello?.close()
  }

  /** A member begins to greet. What it did before may end after that. */
  #greeted(from: string): StreamReader {
    const { listed } = this.#parts
    const source = {}
    return {
      message: ({ bytes, end }) => {
        if (end) listed.forget(from, source)
        else this.#heard(from, bytes, source)
      },
      lost: () => listed.forget(from, source),
    }
  }

  #heard(from: string, bytes: Uint8Array, source: object): void {
    const hello = read(bytes)
    if (hello === null) return
    this.#parts.listed.hear(from, hello.keys, source)
    if (!hello.isAnswer) this.#greet(from, true)
    this.#meet(from, hello.instance)
  }

  #opened(stream: MemberStream): StreamReader | null {
    const name = parseLogStreamName(stream.name)
    if (name?.to !== this.#instance) return null
    const entry = this.#meet(stream.from, name.from)
    return entry === null || entry.way.hasSource ? null : entry.way.read(stream)
  }

  /** The link with a member, which is begun where there is none; `null` with one that has begun anew since, or is not spoken to. */
  #meet(member: string, instance: number): Entry | null {
    const known = this.#entries.get(member)
    if (known?.instance === instance) return known
    if (known !== undefined && known.instance > instance) return null
    known?.link.close()
    const way = new MemberWay(this.#parts.hub, member, logStreamName(this.#instance, instance))
    const link = this.#parts.connect(member, way)
    if (link === null) return null
    const entry: Entry = { instance, way, link }
    this.#entries.set(member, entry)
    void link.closed.then(() => {
      if (this.#entries.get(member) === entry) this.#entries.delete(member)
    })
    return entry
  }

  #forget(member: string): void {
    this.#endHello(member)
    this.#entries.get(member)?.link.close()
    this.#entries.delete(member)
  }
}

/** `null` for one of a later version, or that is none. */
const read = (bytes: Uint8Array): LogHello | null => {
  try {
    return decodeLogHello(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
