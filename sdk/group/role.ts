import type { KeyPair } from '../crypto/suite.js'

/** What a member is beside a member. Bots are made by `host.ts`; everyone else is a `guest`. */
export interface Role {
  readonly bot: boolean
  /** Where it can be dialled. */
  readonly addresses: readonly string[]
  /** Its identity in every group; `null` for a fresh one with each join. */
  readonly identity: KeyPair | null
  /** It joins over a socket that leads to a member, so it needs no signaling server. */
  readonly isInvited: boolean
}

export const guest: Role = Object.freeze({ bot: false, addresses: Object.freeze([]), identity: null, isInvited: false })
