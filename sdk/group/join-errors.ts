import { SkeinError } from '../errors.js'
import type { Join } from './join.js'
import type { JoinRequest } from './join-request.js'

/** What the failures of a join are called. */
export const action = 'group could not be joined'

/** `welcomed`: the server has answered. */
export const createTimeoutError = ({ timeoutMs, role }: JoinRequest, welcomed: boolean): SkeinError => {
  const waited = `within "${timeoutMs}" ms`
  if (role.isInvited) {
    return new SkeinError('peers-unreachable', `${action}: the member that invited could not be linked ${waited}`)
  }
  return welcomed
    ? new SkeinError('peers-unreachable', `${action}: members are there, but none could be linked ${waited}`)
    : new SkeinError('join-timeout', `${action}: the signaling server did not answer ${waited}`)
}

export const createRejectedError = (): SkeinError =>
  new SkeinError('auth-rejected', `${action}: every member that was found refuses, or is refused by the "auth" option`)

export const createClosedError = (prefix: string): SkeinError =>
  new SkeinError('closed', `${prefix}: the group was left`)

/** Why a group has left whose join failed, as `state:change` says it. */
export const reasonOf = (join: Join, error: unknown): string => {
  if (error instanceof SkeinError) return error.code
  return join.request.signal?.aborted && error === join.request.signal.reason ? 'aborted' : 'failure'
}

/** There will be no session with this member, while others go on. */
export const createRefusedError = ({ id, by }: { readonly id: string; readonly by: 'me' | 'them' }): SkeinError =>
  new SkeinError(
    'auth-rejected',
    by === 'me' ? `member "${id}" was not let in` : `member "${id}" does not let this one in`,
  )
