import type { Happening } from './engine-host.js'
import type { Join } from './join.js'
import type { JoinParts } from './load.js'

/** What a join tells the group. Each of the first four at most once, and nothing after `onFailed`. */
export interface JoinListener {
  /** What a join needs is there; nothing has come of it yet. */
  onLoaded(parts: JoinParts): void
  /** The engine is made: `id`, `groupId` and `iceServers` are known. */
  onIdentified(join: Join): void
  /** The promise resolves right after this call. */
  onJoined(join: Join): void
  /** The promise rejects right after this call; everything is closed. */
  onFailed(join: Join, error: unknown): void
  /** Something of the application's own has thrown; the join goes on. */
  onError(error: unknown): void
  /** Something broke after the join; everything is closed. */
  onCrashed(join: Join, error: unknown): void
  /** Held back until joined, but for the state of signaling. */
  onHappening(join: Join, happening: Happening): void
}
