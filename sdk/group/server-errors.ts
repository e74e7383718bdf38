import type { SignalingClosed } from '../discovery/signaling-socket.js'
import { SkeinError } from '../errors.js'
import { CLOSE_VERSION } from '../protocol/close-codes.js'
import { action } from './join-errors.js'

const createVersionError = (): SkeinError =>
  new SkeinError('version-mismatch', `${action}: the signaling server speaks another version of the protocol`)

/** Why the end of a connection ends the join; `null` when it had been open, and another will be. */
export const createServerError = ({ code, reason, opened, refused }: SignalingClosed): SkeinError | null => {
  if (code === CLOSE_VERSION) return createVersionError()
  if (refused) return new SkeinError('signaling-refused', `${action}: ${reason}`)
  return opened ? null : new SkeinError('signaling-unreachable', `${action}: ${reason}`)
}

/** The same where it is the engine that did not understand the server. */
export const createMisunderstoodError = (reason: string): SkeinError | null => {
  if (reason === 'version-mismatch') return createVersionError()
  if (reason !== 'protocol-error') return null
  return new SkeinError('signaling-refused', `${action}: the server does not speak as a skein server does`)
}

/** The query of a URL, and what stands before its host, are where people put what lets them in. */
export const withoutSecrets = (text: string): string =>
  text.replace(/\?[^\s;]*(?=: )/g, '').replace(/(wss?:\/\/)[^\s/;]*@/g, '$1')
