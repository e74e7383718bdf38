import type { SignalingState } from '../mesh/events.js'
import type { EngineHoldings } from '../mesh/holdings.js'
import type { EngineStats } from '../mesh/options.js'
import type { Platform } from '../platform/platform.js'
import { readRuntime, type RuntimeFacts } from '../platform/runtime.js'
import { hostForLogs } from '../util/host-for-logs.js'
import type { ConfiguredHost, GroupDescription } from './describe.js'
import type { GroupCore } from './group-core.js'
import type { WebGroupState } from './lifecycle.js'
import { brief, createEntry, nameOfKind } from './log-entries.js'
import type { LogEntry } from './log-entry.js'
import type { GroupStats, PeerStats } from './stats.js'
import { VERSION } from './version.js'

/**
 * What `group.debugReport()` gives: plain frozen data, the same after a round trip through JSON. Made to be shown in public: no keys,
 * secrets, profiles, messages, names or addresses, ids cut to 6 characters. Fields may come and go with any version.
 */
export interface DebugReport {
  /** The version of skein. */
  readonly skein: string
  /** When the report was made, as ISO 8601. */
  readonly time: string
  readonly runtime: RuntimeFacts & {
    /** Whether there is a WebRTC engine. */
    readonly hasWebRtc: boolean
  }
  /** Which group of this page or process it is; 1 is the first that was made. */
  readonly group: number
  readonly state: WebGroupState
  readonly signalingState: SignalingState
  /** My own id; empty without a join. */
  readonly myId: string
  readonly settings: ReportedSettings
  /** The others that are here. */
  readonly members: readonly ReportedMember[]
  /** Counted since this join began; `null` without one. */
  readonly totals: EngineStats | null
  /** How much waits, and is kept, at this moment; `null` without a join. */
  readonly holdings: EngineHoldings | null
  /** Of members' streams, those that are read now, by what they are for; what I send on is in `holdings`. */
  readonly streams: Readonly<Record<string, number>>
  /** The last 100 moves of the group, its links, its members and its signaling, oldest first. */
  readonly happenings: readonly LogEntry[]
  /** The last 20 errors that `error` listeners were told of, oldest first: codes, and the action that failed. */
  readonly errors: readonly LogEntry[]
}

/** How the group is set up. Hosts that are bare addresses are hidden, but for those of this machine. */
export interface ReportedSettings extends GroupDescription {
  /** How many servers, transports and ways to let members in there are. */
  readonly signalingServers: number
  readonly transports: readonly ('signaled' | 'dialed')[]
  readonly authProviders: number
  readonly hasIdentity: boolean
  readonly autoRejoin: boolean
  readonly relay: boolean
  readonly allowInsecure: boolean
  readonly lingerMs: number
  readonly messageBytes: number
  readonly maxLinks: number
  readonly stallMs: number
}

export interface ReportedMember extends PeerStats {
  readonly bot: boolean
  readonly verified: boolean
}

export const createDebugReport = async (
  core: GroupCore,
  stats: GroupStats,
  description: GroupDescription,
  platform: Pick<Platform, 'now' | 'loadRtc'>,
): Promise<DebugReport> => {
  const { journal, join } = core
  const report: Omit<DebugReport, 'runtime'> = {
    skein: VERSION,
    time: new Date(platform.now()).toISOString(),
    group: journal.group,
    state: stats.state,
    signalingState: stats.signalingState,
    myId: brief(stats.myId),
    settings: describeSettings(core, description),
    members: stats.peers.flatMap((peer) => describeMember(core, peer)),
    totals: stats.totals,
    holdings: join?.engine?.holdings() ?? null,
    streams: countStreams(core),
    happenings: journal.happenings.map((raw) => createEntry(journal.group, raw)),
    errors: journal.errors.map((raw) => createEntry(journal.group, raw)),
  }
  // Last, since it may take a while: what is above is of one moment.
  const hasWebRtc = await platform.loadRtc().then(
    (rtc) => rtc !== null,
    () => false,
  )
  return deepFreeze({ ...report, runtime: { ...readRuntime(), hasWebRtc } })
}

const countStreams = ({ streams }: GroupCore): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const kind of streams?.kindsRead() ?? []) counts[nameOfKind(kind)] = (counts[nameOfKind(kind)] ?? 0) + 1
  return counts
}

const describeSettings = ({ settings }: GroupCore, description: GroupDescription): ReportedSettings => {
  const { autoRejoin, relay, allowInsecure, lingerMs, messageBytes, maxLinks, stallMs } = settings
  return {
    ...description,
    hosts: description.hosts.map(({ host, use }): ConfiguredHost => ({
      host: hostForLogs(host.replace(/^.*@/, '')),
      use,
    })),
    signalingServers: settings.signalingUrls.length,
    transports: settings.transports.map(({ kind }) => kind),
    authProviders: settings.auth.length,
    hasIdentity: settings.identity !== null,
    ...{ autoRejoin, relay, allowInsecure, lingerMs, messageBytes, maxLinks, stallMs },
  }
}

const describeMember = ({ snapshots }: GroupCore, peer: PeerStats): ReportedMember[] => {
  const known = snapshots.get(peer.id)
  if (known === undefined) return []
  return [
    {
      ...peer,
      id: brief(peer.id),
      via: peer.via.map(brief),
      spare: peer.spare && { ...peer.spare, via: peer.spare.via.map(brief) },
      bot: known.bot,
      verified: known.verified,
    },
  ]
}

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value) as unknown[]) deepFreeze(inner)
  }
  return value
}
