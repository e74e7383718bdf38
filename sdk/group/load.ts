import { groupSecretOf, loadSodium, type GroupKey } from '../crypto/index.js'
import { SkeinError } from '../errors.js'
import type { Transport } from '../link/link.js'
import type * as joinParts from './join-parts.js'
import { checkIceServers, type Settings } from './options.js'

const action = 'group could not be joined'

export type JoinParts = typeof joinParts

/** What a join needs and nobody wants to fetch, compute or ask for before it. */
export interface Loaded {
  readonly parts: JoinParts
  readonly sodium: Awaited<ReturnType<typeof loadSodium>>
  readonly groupSecret: Uint8Array
  readonly iceServers: readonly RTCIceServer[]
}

/**
 * All at once. Rejects with `engine-missing`, or with what the application's own `iceServers()` rejects with. Sockets are
 * enough for who can be dialled; whoever can only dial needs a way to link with those who cannot be.
 */
export const loadForJoin = async (settings: Settings, groupKey: GroupKey, socketsSuffice: boolean): Promise<Loaded> => {
  const { iceServers, transports } = settings
  const [parts, sodium, groupSecret, servers] = await Promise.all([
    import('./join-parts.js'),
    loadSodium().catch((cause: unknown) => {
      throw new SkeinError('engine-missing', `${action}: the cryptography could not be loaded`, { cause })
    }),
    groupSecretOf(groupKey),
    typeof iceServers === 'function' ? iceServers() : iceServers,
    loadTransports(transports, socketsSuffice),
  ])
  return { parts, sodium, groupSecret, iceServers: checkIceServers(action, servers) }
}

/** One that works is enough. */
const loadTransports = async (transports: readonly Transport[], socketsSuffice: boolean): Promise<void> => {
  const results = await Promise.allSettled(transports.map((transport) => transport.load()))
  const signaled = results.filter((_, index) => transports[index]?.kind === 'signaled')
  const needed = signaled.length === 0 || socketsSuffice ? results : signaled
  const failures = needed.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []))
  if (failures.length < needed.length) return
  const [cause] = failures
  if (cause instanceof SkeinError) throw cause
  throw new SkeinError('engine-missing', `${action}: no transport could be loaded`, { cause })
}
