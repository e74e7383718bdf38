import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Link, LinkHandlers, SignaledTransport } from '../../sdk/link/link.js'
import type { Binding, Lane } from '../../sdk/protocol/carrier.js'
import { Changes } from '../support/changes.js'

/** What a signaled transport has to bring for the suite; made anew for each test. */
export interface LinkSubject {
  readonly transport: SignaledTransport
  /** Connections, or ends of them, that are not closed. */
  openConnections(): number
}

/** What every kind of link has to bring. */
export interface OpenLinkSubject {
  /** Two ends that are open. */
  open(): Promise<{ readonly alice: LinkEnd; readonly bob: LinkEnd }>
  /** As above; waits for those that are on their way to being closed. */
  openConnections(): number | Promise<number>
}

type Happening =
  | { readonly type: 'signal'; readonly kind: 'description' | 'candidate'; readonly bytes: Uint8Array }
  | { readonly type: 'open'; readonly binding: Binding | null; readonly room: Readonly<Record<Lane, number>> }
  | { readonly type: 'bytes'; readonly lane: Lane; readonly bytes: Uint8Array }
  | { readonly type: 'room'; readonly lane: Lane; readonly bytes: number }
  | { readonly type: 'close'; readonly reason: string }

/** One end with all that has happened to it, and a way to wait for what will. */
export class LinkEnd {
  readonly happenings: Happening[] = []
  readonly room: Record<Lane, number> = { reliable: 0, unreliable: 0 }
  readonly link: Link
  /** Set while a call into the link runs, to catch handlers called from inside. */
  #calling = true
  readonly #changes = new Changes()

  constructor(begin: (handlers: LinkHandlers) => Link, onSignal: LinkHandlers['onSignal'] = () => {}) {
    const note = (happening: Happening): void => {
      if (this.#calling) throw new Error(`${happening.type} from inside a call`)
      this.happenings.push(happening)
      this.#changes.tell()
    }
    this.link = begin({
      onSignal: (kind, bytes) => {
        note({ type: 'signal', kind, bytes })
        onSignal(kind, bytes)
      },
      onOpen: ({ binding, room }) => {
        Object.assign(this.room, room)
        note({ type: 'open', binding, room })
      },
      onBytes: (lane, bytes) => note({ type: 'bytes', lane, bytes }),
      onRoom: (lane, bytes) => {
        this.room[lane] = bytes
        note({ type: 'room', lane, bytes })
      },
      onClose: (reason) => note({ type: 'close', reason }),
    })
    this.#calling = false
  }

  signal(bytes: Uint8Array): void {
    this.#call(() => this.link.signal(bytes))
  }

  write(lane: Lane, bytes: Uint8Array): void {
    this.room[lane] -= bytes.length
    this.#call(() => this.link.write(lane, bytes))
  }

  close(): void {
    this.#call(() => this.link.close())
  }

  /** Writes every frame as soon as there is room for it. */
  async writeAll(lane: Lane, frames: Iterable<Uint8Array>): Promise<void> {
    for (const frame of frames) {
      if (this.room[lane] < frame.length) await this.until(() => this.room[lane] >= frame.length)
      this.write(lane, frame)
    }
  }

  frames(lane: Lane): Uint8Array[] {
    return this.happenings.flatMap((it) => (it.type === 'bytes' && it.lane === lane ? [it.bytes] : []))
  }

  count(type: Happening['type']): number {
    return this.happenings.filter((it) => it.type === type).length
  }

  get closeReason(): string | undefined {
    return this.happenings.find((it) => it.type === 'close')?.reason
  }

  /** Resolves in the course of the event that makes `check` true. */
  until(check: () => boolean): Promise<void> {
    return this.#changes.until(check)
  }

  #call(fn: () => void): void {
    this.#calling = true
    try {
      fn()
    } finally {
      this.#calling = false
    }
  }
}

export const beginLink = (
  transport: SignaledTransport,
  memberId: string,
  remote: Uint8Array | null,
  onSignal?: LinkHandlers['onSignal'],
): LinkEnd => new LinkEnd((handlers) => transport.open({ memberId, remote, iceServers: [], handlers }), onSignal)

/** Alice calls Bob; every signal travels a task later, as over a network. */
export const connectEnds = async (transport: SignaledTransport): Promise<{ alice: LinkEnd; bob: LinkEnd }> => {
  await transport.load()
  return new Promise((resolve) => {
    let bob: LinkEnd | null = null
    const alice = beginLink(transport, 'bob', null, (kind, bytes) => {
      setImmediate(() => {
        if (kind === 'candidate') return bob?.signal(bytes)
        bob = beginLink(transport, 'alice', bytes, (_kind, answer) => setImmediate(() => alice.signal(answer)))
        resolve({ alice, bob })
      })
    })
  })
}

export const openEnds = async (transport: SignaledTransport): Promise<{ alice: LinkEnd; bob: LinkEnd }> => {
  const { alice, bob } = await connectEnds(transport)
  await Promise.all([alice, bob].map((end) => end.until(() => end.count('open') === 1)))
  return { alice, bob }
}

const numbered = (count: number, size: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => {
    const frame = new Uint8Array(size)
    new DataView(frame.buffer).setUint32(0, index)
    return frame
  })

const numberOf = (frame: Uint8Array | undefined): number =>
  frame === undefined ? -1 : new DataView(frame.buffer, frame.byteOffset).getUint32(0)

/** What holds for every link that is open, however it was opened. */
export const describeOpenLinks = (name: string, create: () => OpenLinkSubject | Promise<OpenLinkSubject>): void => {
  describe(`open ${name} links`, () => {
    let subject: OpenLinkSubject
    let ends: LinkEnd[]

    const open = async (): Promise<[LinkEnd, LinkEnd]> => {
      const { alice, bob } = await subject.open()
      ends = [alice, bob]
      return [alice, bob]
    }

    beforeEach(async () => {
      subject = await create()
      ends = []
    })

    afterEach(async () => {
      for (const end of ends) end.close()
      expect(await subject.openConnections()).toBe(0)
    })

    test('C3, L7: carry frames of 1 byte and of 64 KiB unchanged, both ways', async () => {
      const [alice, bob] = await open()
      const large = Uint8Array.from({ length: 65_536 }, (_, index) => index * 7)
      // A view into a larger buffer, which must not travel along.
      const small = Uint8Array.of(1, 2, 3).subarray(1, 2)
      for (const [from, to] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        await from.writeAll('reliable', [small, large])
        await to.until(() => to.count('bytes') === 2)
        expect(to.frames('reliable').map((frame) => Buffer.compare(frame, frame.length === 1 ? small : large))).toEqual(
          [0, 0],
        )
      }
    })

    test('L7: keep 10,000 frames in order', async () => {
      const [alice, bob] = await open()
      await alice.writeAll('reliable', numbered(10_000, 64))
      await bob.until(() => bob.count('bytes') === 10_000)
      expect(bob.frames('reliable').every((frame, index) => numberOf(frame) === index)).toBe(true)
    })

    test('L6: give room back for as long as frames are written', async () => {
      const [alice, bob] = await open()
      await Promise.all([
        alice.writeAll('reliable', numbered(300, 65_536)),
        bob.until(() => bob.frames('reliable').length === 300),
      ])
      expect(alice.happenings.every((it) => it.type !== 'room' || it.bytes > 0)).toBe(true)
      await alice.until(() => alice.room.reliable >= 65_536)
    })

    test('close() is seen by the other side, once, and by nobody else', async () => {
      const [alice, bob] = await open()
      alice.close()
      alice.close()
      await bob.until(() => bob.closeReason !== undefined)
      expect(await subject.openConnections()).toBe(0)
      bob.write('reliable', Uint8Array.of(1))
      bob.close()
      await new Promise(setImmediate)
      expect(bob.count('close')).toBe(1)
      expect(alice.count('close')).toBe(0)
    })

    test('close() silences every handler, also in the middle of a transfer', async () => {
      const [alice, bob] = await open()
      for (const frame of numbered(2, 65_536)) alice.write('reliable', frame)
      await bob.until(() => bob.count('bytes') === 1)
      bob.close()
      const before = bob.happenings.length
      await alice.until(() => alice.closeReason !== undefined)
      await new Promise(setImmediate)
      expect(bob.happenings).toHaveLength(before)
    })

    test('L5: end() delivers all that was written, then closes both ends', async () => {
      const [alice, bob] = await open()
      const room = alice.room.reliable
      const frames = numbered(Math.floor(room / 16_384), 16_384)
      for (const frame of frames) alice.write('reliable', frame)
      const before = alice.happenings.length
      await Promise.all([alice.link.end(5_000), bob.until(() => bob.closeReason !== undefined)])
      expect(bob.frames('reliable').map(numberOf)).toEqual(frames.map(numberOf))
      expect(alice.happenings).toHaveLength(before)
      expect(await subject.openConnections()).toBe(0)
    })

    test('calls after the end are ignored', async () => {
      const [alice, bob] = await open()
      alice.close()
      alice.write('reliable', Uint8Array.of(1))
      alice.write('unreliable', Uint8Array.of(1))
      alice.signal(Uint8Array.of(1))
      await bob.until(() => bob.closeReason !== undefined)
      expect(bob.count('bytes')).toBe(0)
    })
  })
}

/** What holds for every {@link SignaledTransport}. */
export const describeLinks = (name: string, create: () => LinkSubject): void => {
  describeOpenLinks(name, () => {
    const { transport, ...subject } = create()
    return { ...subject, open: () => openEnds(transport) }
  })

  describe(`${name} links`, () => {
    let subject: LinkSubject
    let ends: LinkEnd[]

    const connect = async (): Promise<[LinkEnd, LinkEnd]> => {
      const { alice, bob } = await connectEnds(subject.transport)
      ends = [alice, bob]
      return [alice, bob]
    }
    const open = async (): Promise<[LinkEnd, LinkEnd]> => {
      const [alice, bob] = await connect()
      await Promise.all([alice, bob].map((end) => end.until(() => end.count('open') === 1)))
      return [alice, bob]
    }

    beforeEach(() => {
      subject = create()
      ends = []
    })

    afterEach(() => {
      for (const end of ends) end.close()
      expect(subject.openConnections()).toBe(0)
    })

    test('open at both ends, once, with room on the reliable lane', async () => {
      const [alice, bob] = await open()
      for (const end of [alice, bob]) {
        expect(end.count('open')).toBe(1)
        expect(end.room.reliable).toBeGreaterThanOrEqual(65_536)
        expect(end.happenings[0]).toMatchObject({ type: 'signal', kind: 'description' })
      }
    })

    test('L2: bind to the same two certificates at both ends, or to none', async () => {
      const [alice, bob] = await open()
      const [ours, theirs] = [alice, bob].map((end) => {
        const opened = end.happenings.find((it) => it.type === 'open')
        return opened?.binding ?? null
      })
      expect(theirs ?? null).toEqual(ours ? { local: ours.remote, remote: ours.local } : null)
    })

    test('carry the unreliable lane beside the reliable one', async () => {
      const [alice, bob] = await open()
      await alice.until(() => alice.room.unreliable > 0)
      alice.write('unreliable', Uint8Array.of(9))
      await bob.until(() => bob.count('bytes') === 1)
      expect(bob.frames('unreliable')).toEqual([Uint8Array.of(9)])
      alice.write('reliable', Uint8Array.of(8))
      await bob.until(() => bob.count('bytes') === 2)
      expect(bob.frames('reliable')).toEqual([Uint8Array.of(8)])
    })

    test('L6: give room back on the unreliable lane', async () => {
      const [alice] = await open()
      await alice.until(() => alice.room.unreliable > 0)
      await alice.writeAll('unreliable', numbered(200, 1_200))
      await alice.until(() => alice.room.unreliable >= 65_536)
    })

    test('close() during set-up leaves nothing behind at this end', async () => {
      const [alice, bob] = await connect()
      alice.close()
      bob.close()
      const before = [alice.happenings.length, bob.happenings.length]
      expect(subject.openConnections()).toBe(0)
      // Silence has no event to wait for: this is how long an engine would take to break it.
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect([alice.happenings.length, bob.happenings.length]).toEqual(before)
    })

    test('close() right after open() makes no signal', async () => {
      await subject.transport.load()
      const alice = beginLink(subject.transport, 'bob', null)
      alice.close()
      expect(subject.openConnections()).toBe(0)
      // As above.
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(alice.happenings).toEqual([])
    })

    test('end() before the link is open, and after it is closed, settles at once', async () => {
      const [alice, bob] = await connect()
      await alice.link.end(60_000)
      bob.close()
      await bob.link.end(60_000)
      expect(subject.openConnections()).toBe(0)
    })

    test('garbage instead of an offer closes the link with a reason', async () => {
      await subject.transport.load()
      for (const garbage of [new Uint8Array(0), Uint8Array.of(255, 1, 2), new Uint8Array(60_000).fill(1)]) {
        const end = beginLink(subject.transport, 'alice', garbage)
        await end.until(() => end.closeReason !== undefined)
        expect(end.closeReason).toMatch(/./)
        expect(end.happenings).toHaveLength(1)
        expect(subject.openConnections()).toBe(0)
      }
    })

    test('garbage instead of an answer closes the link with a reason', async () => {
      await subject.transport.load()
      const end = beginLink(subject.transport, 'bob', null)
      await end.until(() => end.count('signal') > 0)
      end.signal(Uint8Array.of(200, 0, 0, 0, 0))
      await end.until(() => end.closeReason !== undefined)
      expect(end.closeReason).toMatch(/./)
      expect(subject.openConnections()).toBe(0)
    })
  })
}
