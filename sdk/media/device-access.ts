import { SkeinError, type SkeinErrorCode } from '../errors.js'
import type { MediaDevicesLike } from '../platform/media-devices.js'

export interface OpenOptions {
  /** Ends the wait for the user; what is opened all the same is closed at once. */
  readonly signal?: AbortSignal | undefined
}

/** A camera, a microphone, or what sound comes out of. Before the user has allowed any, browsers hide ids and labels. */
export interface DeviceInfo {
  readonly kind: 'videoinput' | 'audioinput' | 'audiooutput'
  /** For `deviceId` in constraints. The same for this site until its data is cleared. */
  readonly id: string
  readonly label: string
  /** Devices of one piece of hardware have the same. */
  readonly groupId: string
}

/** By the names that the specification of `getUserMedia` and `getDisplayMedia` gives. */
const REASONS: Readonly<Record<string, readonly [SkeinErrorCode, string]>> = {
  NotAllowedError: ['media-denied', 'the user or the system refuses it'],
  SecurityError: ['media-denied', 'this page may not'],
  // Of a screen: not in answer to a click. Of both: the page is not the one in front.
  InvalidStateError: ['media-denied', 'the browser allows it only after a click or a key'],
  NotFoundError: ['media-missing', 'there is none'],
  OverconstrainedError: ['media-missing', 'none can do what was asked'],
  NotReadableError: ['media-busy', 'it is in use, or failed'],
  AbortError: ['media-busy', 'it failed'],
  NotSupportedError: ['media-unsupported', 'this browser cannot'],
}

const describe = (action: string, error: unknown): Error => {
  const { name, message } = error as Partial<Error>
  // Of wrong constraints.
  if (error instanceof TypeError) return new TypeError(`${action}: ${error.message}`, { cause: error })
  const [code, reason] = REASONS[String(name)] ?? ['media-busy', String(message)]
  return new SkeinError(code, `${action}: ${reason}`, { cause: error })
}

const unsupported = (action: string): SkeinError =>
  new SkeinError('media-unsupported', `${action}: there are no devices here; in browsers the page must come over https`)

const closeStream = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) track.stop()
}

/** Resolves with what `ask` opens, or rejects with its reason, typed. */
const open = (
  action: string,
  ask: () => Promise<MediaStream> | undefined,
  { signal }: OpenOptions = {},
): Promise<MediaStream> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const opening = ask()
    if (opening === undefined) throw unsupported(action)
    const abort = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    opening
      .then(
        (stream) => {
          if (signal?.aborted) closeStream(stream)
          else resolve(stream)
        },
        (error: unknown) => reject(describe(action, error)),
      )
      .finally(() => signal?.removeEventListener('abort', abort))
  })

const CAMERA: MediaStreamConstraints = {
  audio: true,
  // What a mesh can carry to some; with more, the camera would only be scaled down for everybody.
  video: { width: { ideal: 1_280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
}

export const openCameraOf = (
  devices: MediaDevicesLike | null,
  constraints: MediaStreamConstraints = CAMERA,
  options?: OpenOptions,
): Promise<MediaStream> => {
  const wanted = [constraints.video ? 'camera' : '', constraints.audio ? 'microphone' : ''].filter(Boolean)
  const action = `${wanted.join(' and ') || 'camera'} could not be opened`
  return open(action, () => devices?.getUserMedia(constraints), options)
}

/** `asked`: what the browser was asked for, if it can be. */
export const openScreenOf = (asked: Promise<MediaStream> | undefined, options?: OpenOptions): Promise<MediaStream> =>
  open('screen could not be opened', () => asked, options)

export const listDevicesOf = async (devices: MediaDevicesLike | null): Promise<readonly DeviceInfo[]> => {
  const action = 'devices could not be listed'
  if (devices === null) throw unsupported(action)
  try {
    const found = await devices.enumerateDevices()
    const list = found.map(({ kind, deviceId, label, groupId }) =>
      Object.freeze({ kind, id: deviceId, label, groupId }),
    )
    return Object.freeze(list)
  } catch (error) {
    throw describe(action, error)
  }
}

export const watchDevicesOf = (
  devices: MediaDevicesLike | null,
  listener: (devices: readonly DeviceInfo[]) => void,
  signal: AbortSignal,
): void => {
  let newest = 0
  const handleChange = (): void => {
    const turn = ++newest
    listDevicesOf(devices).then(
      (list) => {
        // One piece of hardware has several devices and tells of each; lists may overtake one another.
        if (turn === newest && !signal.aborted) listener(list)
      },
      // The page is going; what is asked for next is told why.
      () => undefined,
    )
  }
  devices?.addEventListener('devicechange', handleChange, { signal })
}
