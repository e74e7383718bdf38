import { SkeinError, type LeaveReason, type Peer, type SignalingState, type WebGroupState } from 'skein'
import { lacks } from './browser-support.js'

/** How a member is reached; `nameById` says who the members in between are. */
export const pathInWords = ({ path, via }: Pick<Peer, 'path' | 'via'>, nameById: (id: string) => string): string => {
  if (path === 'direct') return 'direct'
  if (path === 'none') return 'out of reach at the moment'
  return `through ${via.map(nameById).join(', then ')}`
}

export const rttInWords = (rttMs: number | null): string => {
  if (rttMs === null) return ''
  if (rttMs >= 1_000) return `${(rttMs / 1_000).toFixed(1)} s`
  return rttMs < 1 ? '< 1 ms' : `${Math.round(rttMs)} ms`
}

/** `tone` says whether to worry: `calm`, `waiting` for something that will pass, or `trouble`. */
export interface Status {
  readonly words: string
  readonly tone: 'calm' | 'waiting' | 'trouble'
}

export const statusInWords = (
  state: WebGroupState,
  signaling: SignalingState,
  others: number,
  isOnline: boolean,
): Status => {
  if (state === 'joining') {
    const words = signaling === 'open' ? 'Found the server, looking for the others…' : 'Looking for the server…'
    return { words, tone: 'waiting' }
  }
  if (state !== 'joined') return { words: 'Not connected', tone: 'trouble' }
  const here =
    others === 0 ? 'Nobody else is here yet' : `Connected with ${others === 1 ? 'one other' : `${others} others`}`
  if (signaling === 'open') return { words: here, tone: 'calm' }
  const why = isOnline ? 'The server is away' : 'This device is offline'
  return { words: `${here}. ${why}: you can go on, but nobody new can join until it is back`, tone: 'trouble' }
}

export const leavingInWords = (name: string, reason: LeaveReason): string => {
  if (reason === 'goodbye') return `${name} has left`
  if (reason === 'replaced') return `${name} has come anew`
  return reason === 'timeout' ? `${name} is gone without a word` : `${name} was put out: it broke the rules`
}

/** `Ada`, `Ada and Bob`, `Ada, Bob and Carol`, `4 members`. */
export const namesInWords = (names: readonly string[]): string =>
  names.length > 3 ? `${names.length} members` : names.join(', ').replace(/, ([^,]+)$/, ' and $1')

export type Quality = 'good' | 'fair' | 'poor'

export const qualityInWords = (quality: Quality): string => `${quality} connection`

/** Why nothing is seen or heard of a member who is here, and what helps. */
export const unavailableInWords =
  'No video or sound: this one is reached through others, who could look in. Messages arrive. Another network may help, ' +
  'or a TURN server, which whoever runs this page can add.'

const ownDevices = { audio: 'Your microphone', video: 'Your camera', both: 'Your camera and microphone' }

/** Why a device of mine, or a screen, cannot be had, and what helps. */
export const deviceFailureInWords = (device: keyof typeof ownDevices | 'screen', error: unknown): string => {
  if (device !== 'screen') return `${ownDevices[device]} cannot be used. ${failureInWords(error)}`
  if (error instanceof SkeinError && error.code === 'media-denied') {
    return 'No screen is shared: none was chosen, or this device does not let the browser see it.'
  }
  return `Your screen cannot be shared. ${failureInWords(error)}`
}

export const deviceLossInWords = (device: keyof typeof ownDevices): string =>
  `${ownDevices[device]} is gone. Connect it again, or choose another one.`

/** What went wrong with the group, for someone who has never heard of skein. */
export const failureInWords = (error: unknown): string => {
  if (error instanceof RangeError || error instanceof TypeError) {
    return 'This link is damaged: its key cannot be read. Ask for the link again, and copy all of it.'
  }
  if (!(error instanceof SkeinError)) return 'Something unexpected went wrong. Trying again may help.'
  switch (error.code) {
    case 'signaling-unreachable':
    case 'join-timeout':
      return navigator.onLine
        ? 'The server where members find each other does not answer. It may be down, or out of your reach.'
        : 'This device is offline. Joining needs a network, once.'
    case 'auth-rejected':
      return 'The others do not let you in: they ask for more than the link.'
    case 'signaling-missing':
      return 'This page does not say where its server is. Whoever runs the page has to add that.'
    case 'signaling-refused':
      return 'The server will not take you in: it is full, or it is no server for this page.'
    case 'version-mismatch':
      return 'This page and its server are of different ages. Reload the page; if that does not help, tell whoever runs it.'
    case 'insecure-url':
      return 'This page names a server or a bot without encryption, and that is not allowed.'
    case 'peers-unreachable':
      return 'Others are here, but no connection to any of them came about. A firewall may be in the way.'
    case 'engine-missing':
      return (/cryptography/.test(error.message) ? lacks.webAssembly : lacks.webRtc).words
    case 'message-too-large':
      return 'That is too large for one message.'
    case 'member-left':
    case 'member-unknown':
      return 'The one it was for has left.'
    case 'member-stalled':
      return 'The one it was for takes nothing at the moment.'
    case 'invite-failed':
      return 'The bot did not come. It may be down, or what answered is no bot.'
    case 'storage-failed':
    case 'storage-blocked':
    case 'storage-lost':
      return 'This browser keeps nothing for this page. A private window may be why.'
    case 'storage-full':
      return 'This device has no room for it.'
    case 'block-missing':
    case 'block-unavailable':
    case 'block-timeout':
      return 'Nobody here has that.'
    case 'block-too-large':
    case 'log-read-only':
    case 'log-restored':
    case 'log-forked':
    case 'log-damaged':
      return 'It cannot be written down.'
    case 'encryption-key-wrong':
    case 'passphrase-wrong':
      return 'That is not the passphrase.'
    case 'media-denied':
      return 'This page may not use it. The browser asks again, or shows where it can be allowed beside the address.'
    case 'media-missing':
      return 'There is no such device, or none that can do that.'
    case 'media-busy':
      return 'Another program uses it. Close that, and try again.'
    case 'media-unsupported':
      return 'This page cannot have a camera or a microphone here.'
    case 'member-unnamed':
      return 'That member has no name.'
    case 'file-declined':
      return 'It was not wanted.'
    case 'file-corrupt':
      return 'What arrived is not what was sent. Sending it again may help.'
    case 'transfer-cancelled':
      return 'It was cancelled.'
    case 'stream-refused':
    case 'duplex-refused':
    case 'busy':
      return 'The one it was for takes no more at the moment.'
    case 'request-timeout':
    case 'no-handler':
    case 'handler-failed':
    case 'answer-streamed':
    case 'value-invalid':
      return 'The other side did not understand. Its page may be of another age.'
    case 'not-joined':
    case 'already-joined':
    case 'closed':
      return 'You are not connected.'
  }
}
