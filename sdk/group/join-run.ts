import { deriveGroupKeys } from '../crypto/group-keys.js'
import { createSuite } from '../crypto/noise-suite.js'
import { openSignaling } from '../discovery/signaling-socket.js'
import { SocketLink } from '../link/socket-link.js'
import type { SkeinError } from '../errors.js'
import { Engine } from '../mesh/engine.js'
import type { Platform, SocketLike } from '../platform/platform.js'
import { isDialable } from '../platform/socket-url.js'
import { EngineHost, type Happening } from './engine-host.js'
import { keysOf } from './identity.js'
import { Invites } from './invites.js'
import type { JoinRequest } from './join-request.js'
import type { Journal } from './journal.js'
import type { Loaded } from './load.js'
import type { Settings } from './options.js'
import type { PendingSends } from './pending-sends.js'
import { createMisunderstoodError, createServerError, withoutSecrets } from './server-errors.js'
import { createEngineStats } from './stats.js'

export interface JoinRunOptions {
  readonly settings: Settings
  readonly request: JoinRequest
  readonly platform: Platform
  readonly journal: Journal
  readonly loaded: Omit<Loaded, 'parts'>
  readonly sends: PendingSends
  readonly onHappening: (happening: Happening) => void
  /** A connection to a signaling server has ended in a way that ends a join which nobody has welcomed yet. */
  readonly onServerFailed: (error: SkeinError) => void
  /** The engine has thrown: everything is closed already. */
  readonly onCrash: (error: unknown) => void
  /** Something of the application's own has thrown; the run goes on. */
  readonly onError: (error: unknown) => void
}

/** What a join consists of from when it knows who it is: the engine, what drives it, and who is invited. */
export interface JoinRun {
  readonly engine: Engine
  readonly host: EngineHost
  readonly invites: Invites
  readonly groupId: string
  /** Of me, as others see it. */
  readonly identity: Uint8Array
  readonly topic: Uint8Array
  /** Takes a socket that leads to a member, and what has arrived over it. */
  arrive(socket: SocketLike, frames: readonly Uint8Array[]): void
  stats(): ReturnType<typeof createEngineStats>
}

/** Opens nothing yet: the engine waits for `start`. */
export const createRun = (options: JoinRunOptions): JoinRun => {
  const { settings, request, platform, journal, loaded, onError } = options
  const { role } = request
  const suite = createSuite({ sodium: loaded.sodium, random: (size) => platform.randomBytes(size) })
  const { groupId, ...keys } = deriveGroupKeys(suite, loaded.groupSecret, settings.auth, onError)
  const identity = role.identity ?? (settings.identity && keysOf(settings.identity)) ?? suite.identityKeys()
  const engine = new Engine(
    {
      suite,
      keys,
      identity,
      session: suite.sessionKeys(),
      profile: settings.profile,
      bot: role.bot,
      addresses: role.addresses,
      // A bot is dialled; whom it could dial was told to it by those who are in the group.
      dials: !role.bot && settings.transports.some(({ kind }) => kind === 'dialed'),
      relay: settings.relay,
      server: settings.signalingUrls.length > 0,
      canLink: (memberId) =>
        settings.transports.some((transport) => transport.kind === 'signaled' && transport.canLink(memberId)),
      limits: { messageBytes: settings.messageBytes, maxLinks: settings.maxLinks, stallMs: settings.stallMs },
      lingerMs: settings.lingerMs,
      log: journal.logOf('mesh'),
    },
    platform.now(),
  )
  const host = createHost(options, engine)
  const arrive = (socket: SocketLike, frames: readonly Uint8Array[]): void => {
    host.arrive((handlers) => {
      const link = new SocketLink({ socket, platform, handlers })
      return { link, room: link.room }
    }, frames)
  }
  const invites = new Invites({ platform, key: request.key, find: (id) => engine.peer(id), onSocket: arrive })
  const stats = () => createEngineStats(engine)
  return { engine, host, invites, groupId, identity: identity.publicKey, topic: keys.topic, arrive, stats }
}

const createHost = (options: JoinRunOptions, engine: Engine): EngineHost => {
  const { settings, platform, journal, loaded, sends } = options
  return new EngineHost({
    engine,
    journal,
    iceServers: loaded.iceServers,
    transports: settings.transports,
    isDialable: (address) => isDialable(address, settings.allowInsecure),
    clock: platform,
    openServer: (handlers) =>
      openSignaling({
        urls: settings.signalingUrls,
        platform,
        log: journal.logOf('signaling'),
        handlers: {
          ...handlers,
          onClose: (info) => {
            const { code, opened, refused } = info
            journal.note('signaling', 'warn', 'signaling:closed', { code, opened, refused })
            const end = { ...info, reason: withoutSecrets(info.reason) }
            handlers.onClose(end)
            const error = createServerError(end)
            if (error !== null) options.onServerFailed(error)
          },
        },
      }),
    onAdmitted: (submission) => sends.handleAdmitted(submission),
    onReported: (submission, report) => sends.handleReported(submission, report),
    onFailed: (submission, failure) => sends.handleFailed(submission, failure),
    onHappening: (happening) => {
      options.onHappening(happening)
      const notice = happening.type === 'notice' ? happening.notice : null
      // It is the engine that did not understand the server.
      if (notice?.type !== 'signaling:change' || notice.state !== 'closed') return
      const error = createMisunderstoodError(notice.reason)
      if (error !== null) options.onServerFailed(error)
    },
    onCrash: options.onCrash,
  })
}
