import { platform } from '#platform'
import { Ending } from '../util/ending.js'
import type { WebGroup } from '../index.js'
import { loadSodium, type Sodium } from '../crypto/index.js'
import { streamsOf, type StreamHome, type StreamHub } from '../mesh/streams.js'
import { GroupLinks } from './replication/group-links.js'
import type { LinkParts, LogLink } from './replication/link.js'
import type { MemberWay } from './replication/member-way.js'
import { Sharing } from './replication/sharing.js'
import type { Vault } from './vault.js'

const random = (size: number): Uint8Array => platform.randomBytes(size)

/** Where logs are kept, and with whom they are shared. */
export class LogHome {
  readonly vault: Vault
  readonly sharing: Sharing
  /** Over when it is closed. */
  readonly ending = new Ending()
  readonly #group: WebGroup | null
  readonly #streams: StreamHome | null
  #stopWaiting: (() => void) | null = null
  #links: GroupLinks | null = null

  /** Throws a `TypeError` for what is no group, and for one that has a home. */
  constructor(vault: Vault, group: WebGroup | null) {
    this.vault = vault
    this.#group = group
    const streams = group === null ? null : streamsOf(group)
    if (group !== null) takeGroup(group)
    const timing = {
      now: () => platform.now(),
      setTimer: (ms: number, run: () => void) => platform.setTimer(ms, run),
    }
    this.#streams = streams
    this.sharing = new Sharing({ timing, begun: () => this.begin() })
  }

  /** Speaks to members of the group from here on: nobody is spoken to before there is something to share, or somebody asks. */
  begin(): void {
    if (this.#streams !== null && this.ending.reason === null)
      this.#stopWaiting ??= this.#streams.onStreams((hub) => this.#join(hub))
  }

  /** Over any streams of bytes. */
  async connect(parts: Omit<LinkParts, 'offences' | 'sodium' | 'random'>): Promise<LogLink> {
    const sodium = await loadSodium()
    const link = this.sharing.connect({ ...parts, sodium, random })
    // It may have been closed meanwhile.
    if (this.ending.reason !== null) link.close()
    return link
  }

  /** Nothing is shared any more. Idempotent. */
  close(reason: Error): void {
    this.#stopWaiting?.()
    this.#links?.close()
    if (this.#group !== null && this.ending.reason === null) taken.delete(this.#group)
    this.sharing.close()
    this.ending.end(reason)
  }

  #join(hub: StreamHub): void {
    loadSodium()
      .then((sodium) => {
        if (this.ending.reason !== null) return
        this.#links = new GroupLinks({
          hub,
          nowMs: platform.now(),
          listed: this.sharing.listed,
          connect: (member, way) => this.#linkWith(hub, sodium, member, way),
        })
      })
      .catch((error: unknown) => hub.report(error))
  }

  #linkWith(hub: StreamHub, sodium: Sodium, member: string, way: MemberWay): LogLink | null {
    if (this.sharing.offences.isBanned(member)) return null
    return this.sharing.connect({
      readable: way.readable,
      writable: way.writable,
      peerId: member,
      names: { mine: hub.myId, theirs: member },
      path: () => (this.#group?.peers.find(({ id }) => id === member)?.path === 'direct' ? 'direct' : 'relayed'),
      sodium,
      random,
    })
  }
}

/** Streams of a group have one reader. */
const taken = new WeakSet<WebGroup>()

const takeGroup = (group: WebGroup): void => {
  if (taken.has(group)) throw new TypeError('SDK could not be made: the group has one, which is to be closed first')
  taken.add(group)
}

const alone = new WeakMap<Vault, LogHome>()
const homes = new WeakMap<object, LogHome>()

/** Of logs that no `SDK` shares. */
export const homeAt = (vault: Vault): LogHome => {
  const home = alone.get(vault) ?? new LogHome(vault, null)
  alone.set(vault, home)
  return home
}

/** Once, of an `SDK` that is being made. */
export const rememberHome = (sdk: object, home: LogHome): void => {
  homes.set(sdk, home)
}

/** Throws a `TypeError` for what is no `SDK` of this copy of the library. */
export const homeOf = (sdk: unknown): LogHome => {
  const home = typeof sdk === 'object' && sdk !== null ? homes.get(sdk) : undefined
  if (home === undefined) throw new TypeError('log could not be made: sdk must be an SDK')
  return home
}
