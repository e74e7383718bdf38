import { platform } from '#platform'
import { listDevicesOf, openCameraOf, openScreenOf, watchDevicesOf } from './device-access.js'
import type { DeviceInfo, OpenOptions } from './device-access.js'

const CAMERA: MediaStreamConstraints = {
  audio: true,
  // What a mesh can carry to some; with more, the camera would only be scaled down for everybody.
  video: { width: { ideal: 1_280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
}
const SCREEN: DisplayMediaStreamOptions = { video: { frameRate: { ideal: 30 } }, audio: true }

/**
 * Opens camera and microphone, or what `constraints` ask for, as `getUserMedia` does: resolves when the user has allowed it. To change the camera, open
 * the other one by its id, and `replaceTrack`.
 *
 * Rejects `media-denied`, `media-missing`, `media-busy` or `media-unsupported`, and may be called again after each; a `TypeError` for
 * constraints that make no sense. Stopping the tracks is yours.
 *
 * @default camera (at best 1280x720, 30 frames a second) and microphone
 */
export const openCamera = (constraints: MediaStreamConstraints = CAMERA, options?: OpenOptions): Promise<MediaStream> =>
  openCameraOf(platform.devices(), constraints, options)

/**
 * Lets the user choose a screen, a window or a tab, with its sound where the browser has it. Only in answer to a click or a key: call it before
 * anything is waited for. The user may end it at any time by means of the browser, and the track ends.
 *
 * Rejects as {@link openCamera} does; `media-denied` also when the user chooses nothing.
 *
 * @default at best 30 frames a second, with sound
 */
export const openScreen = (
  constraints: DisplayMediaStreamOptions = SCREEN,
  options?: OpenOptions,
): Promise<MediaStream> => openScreenOf(platform.devices(), constraints, options)

/** All devices there are now. Rejects `media-unsupported` where there can be none. */
export const listDevices = (): Promise<readonly DeviceInfo[]> => listDevicesOf(platform.devices())

/**
 * Calls `listener` with all devices each time one comes or goes; the result ends that. That a device in use went also ends its track.
 * Where there can be no devices nothing is ever told.
 */
export const onDevices = (listener: (devices: readonly DeviceInfo[]) => void): (() => void) =>
  watchDevicesOf(platform.devices(), listener)
