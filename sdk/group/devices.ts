import { platform } from '#platform'
import type { DeviceInfo, OpenOptions } from '../media/index.js'
import { fetchMediaParts } from './fetch-media.js'

/**
 * Opens camera and microphone, or what `constraints` ask for, as `getUserMedia` does: resolves when the user has allowed it. To change the camera, open
 * the other one by its id, and `replaceTrack`.
 *
 * Rejects `media-denied`, `media-missing`, `media-busy` or `media-unsupported`, and may be called again after each; a `TypeError` for
 * constraints that make no sense. Stopping the tracks is yours.
 *
 * @default camera (at best 1280x720, 30 frames a second) and microphone
 */
export const openCamera = async (constraints?: MediaStreamConstraints, options?: OpenOptions): Promise<MediaStream> =>
  (await fetchMediaParts()).openCameraOf(platform.devices(), constraints, options)

/**
 * Lets the user choose a screen, a window or a tab, with its sound where the browser has it. Only in answer to a click or a key: call it before
 * anything is waited for. The user may end it at any time by means of the browser, and the track ends.
 *
 * Rejects as {@link openCamera} does; `media-denied` also when the user chooses nothing.
 *
 * @default picture and sound
 */
export const openScreen = async (
  constraints: DisplayMediaStreamOptions = { video: true, audio: true },
  options: OpenOptions = {},
): Promise<MediaStream> => {
  options.signal?.throwIfAborted()
  // At once: while the rest loads, the click may be forgotten.
  const asked = platform.devices()?.getDisplayMedia?.(constraints)
  asked?.catch(() => undefined)
  try {
    return await (await fetchMediaParts()).openScreenOf(asked, options)
  } catch (error) {
    // What the user chose, perhaps while what comes next could not be loaded, is shown to nobody.
    asked?.then(
      (stream) => stream.getTracks().forEach((track) => track.stop()),
      () => undefined,
    )
    throw error
  }
}

/** All devices there are now. Rejects `media-unsupported` where there can be none. */
export const listDevices = async (): Promise<readonly DeviceInfo[]> =>
  (await fetchMediaParts()).listDevicesOf(platform.devices())

/**
 * Calls `listener` with all devices each time one comes or goes; the result ends that. That a device in use went also ends its track.
 * Where there can be no devices nothing is ever told.
 */
export const onDevices = (listener: (devices: readonly DeviceInfo[]) => void): (() => void) => {
  const ending = new AbortController()
  const { signal } = ending
  fetchMediaParts().then(
    (parts) => parts.watchDevicesOf(platform.devices(), listener, signal),
    // As where there are none: whatever else is asked of devices says why.
    () => undefined,
  )
  return () => ending.abort()
}
