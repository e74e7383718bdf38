import type { GroupKey } from '../crypto/index.js'
import type { Role } from './role.js'

/** What a join was asked for. */
export interface JoinRequest {
  readonly key: string
  readonly groupKey: GroupKey
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  readonly role: Role
}
