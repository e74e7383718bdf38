import { SkeinError, type Peer, type SignalingState, type WebGroupState } from 'skein'

export const nameOf = ({ id, profile }: Pick<Peer, 'id' | 'profile'>): string => {
  const { name } = profile
  return typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 40) : `Someone (${id.slice(0, 4)})`
}

/** How a member is reached; `nameById` says who the members in between are. */
export const pathInWords = ({ path, via }: Pick<Peer, 'path' | 'via'>, nameById: (id: string) => string): string => {
  if (path === 'direct') return 'direct'
  if (path === 'none') return 'out of reach at the moment'
  return `through ${via.map(nameById).join(', then ')}`
}

export const stateInWords = (state: WebGroupState, signaling: SignalingState, others: number): string => {
  if (state === 'joining') return 'Joining…'
  if (state !== 'joined') return 'Not connected'
  const here =
    others === 0 ? 'Nobody else is here yet' : `Connected with ${others === 1 ? 'one other' : `${others} others`}`
  if (signaling === 'open') return here
  return `${here}. The signaling server is away: you can go on, but nobody new can join until it is back`
}

/** What went wrong, for someone who has never heard of skein. */
export const failureInWords = (error: unknown): string => {
  if (error instanceof RangeError || error instanceof TypeError) return 'This link is damaged: its key cannot be read'
  if (!(error instanceof SkeinError)) return 'Something unexpected went wrong'
  switch (error.code) {
    case 'signaling-unreachable':
    case 'join-timeout':
      return 'The signaling server cannot be reached. Is it running, and is this device online?'
    case 'signaling-missing':
    case 'signaling-refused':
    case 'version-mismatch':
    case 'insecure-url':
      return 'The signaling server of this page does not take it in'
    case 'peers-unreachable':
      return 'Others are here, but no connection to any of them came about'
    case 'engine-missing':
      return 'This browser has no WebRTC, or it is switched off'
    case 'invite-failed':
      return 'The bot does not come'
    case 'message-too-large':
      return 'This message is too large'
    case 'member-left':
    case 'member-unknown':
      return 'The one it was for has left'
    case 'not-joined':
    case 'already-joined':
    case 'closed':
      return 'You are not connected'
  }
}
