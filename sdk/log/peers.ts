import { callBack, type Callback } from '../util/callback.js'
import { watch } from '../util/watch.js'
import type { Extensions } from './extensions.js'
import type { LogPeerInfo } from './replication/swarm.js'
import type { Opened } from './session.js'

/** Somebody else who has a log, as it is now. */
export interface RemotePeer extends LogPeerInfo {
  /**
   * Says something to this peer by one of the handle's extensions, as `Log.extension` does to all. Resolves when there is room for more;
   * what is said to a peer that is gone goes nowhere.
   */
  extension(type: string, data: unknown, callback?: Callback<void>): Promise<void>
}

type Report = (error: unknown) => void

const peerOf = ({ hold }: Opened, extensions: Extensions, report: Report, info: LogPeerInfo): RemotePeer =>
  Object.freeze({
    ...info,
    extension: (type: string, data: unknown, callback?: Callback<void>) => {
      const bytes = extensions.encode(type, data)
      return callBack(
        watch(callback ? () => undefined : report, undefined, () => hold.swarm.say(info.id, type, bytes)),
        callback,
        report,
      )
    },
  })

export const peersOf = (opened: Opened, extensions: Extensions, report: Report): readonly RemotePeer[] =>
  Object.freeze(opened.hold.swarm.peers().map((info) => peerOf(opened, extensions, report, info)))

/** `null` for one that is gone. */
export const peerWith = (opened: Opened, extensions: Extensions, report: Report, peerId: string): RemotePeer | null => {
  const info = opened.hold.swarm.peers().find(({ id }) => id === peerId)
  return info === undefined ? null : peerOf(opened, extensions, report, info)
}
