import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { platform } from '#platform'
import { SkeinError } from '../../../sdk/errors.js'
import { listDevicesOf, openCameraOf, watchDevicesOf, type DeviceInfo } from '../../../sdk/media/device-access.js'
import type * as fetchMedia from '../../../sdk/group/fetch-media.js'
import { listDevices, onDevices, openCamera, openScreen } from '../../../sdk/group/devices.js'
import type { MediaDevicesLike } from '../../../sdk/platform/media-devices.js'

const loading = vi.hoisted(() => ({ fails: false }))
vi.mock('../../../sdk/group/fetch-media.js', async (importActual) => {
  const actual = await importActual<typeof fetchMedia>()
  const fetchMediaParts: typeof fetchMedia.fetchMediaParts = () =>
    loading.fails ? Promise.reject(new Error('offline')) : actual.fetchMediaParts()
  return { fetchMediaParts }
})

/** Real devices, and what they really refuse, are in tests/browser; a user who does not answer, and the rest, is not to be had there. */
class Devices extends EventTarget implements MediaDevicesLike {
  readonly asked: ((outcome: MediaStream | Error) => void)[] = []
  plugged: MediaDeviceInfo[] = []

  getUserMedia(): Promise<MediaStream> {
    return new Promise((resolve, reject) => {
      this.asked.push((outcome) => {
        if (outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      })
    })
  }

  getDisplayMedia = (): Promise<MediaStream> => this.getUserMedia()

  enumerateDevices(): Promise<readonly MediaDeviceInfo[]> {
    return Promise.resolve([...this.plugged])
  }

  plug(kind: MediaDeviceKind, deviceId: string): void {
    this.plugged.push({ kind, deviceId, label: deviceId, groupId: '' } as MediaDeviceInfo)
    this.dispatchEvent(new Event('devicechange'))
  }
}

/** In place of what this machine has. */
const use = (devices: MediaDevicesLike): void => {
  const spy = vi.spyOn(platform, 'devices').mockReturnValue(devices)
  onTestFinished(() => spy.mockRestore())
}

const createStream = () => {
  const track = { readyState: 'live', stop: () => (track.readyState = 'ended') }
  return { track, stream: { getTracks: () => [track] } as unknown as MediaStream }
}

const both = { audio: true, video: true }
const named = (name: string): Error => Object.assign(new Error(`a ${name}`), { name })

describe('opening a device', () => {
  it.each([
    ['NotAllowedError', 'media-denied'],
    ['SecurityError', 'media-denied'],
    ['InvalidStateError', 'media-denied'],
    ['NotFoundError', 'media-missing'],
    ['OverconstrainedError', 'media-missing'],
    ['NotReadableError', 'media-busy'],
    ['AbortError', 'media-busy'],
    ['NotSupportedError', 'media-unsupported'],
    ['SomethingElse', 'media-busy'],
  ])('that ends in %s rejects %s, with its cause', async (name, code) => {
    const devices = new Devices()
    const opening = openCameraOf(devices, both)
    const error = named(name)
    devices.asked[0]?.(error)
    await expect(opening).rejects.toMatchObject({ code, cause: error, message: /^camera and microphone could not be/ })
  })

  it('can be tried again after it failed', async () => {
    const devices = new Devices()
    const first = openCameraOf(devices, { audio: true })
    devices.asked[0]?.(named('NotAllowedError'))
    await expect(first).rejects.toThrow(/^microphone could not be opened: the user/)
    const { stream } = createStream()
    const second = openCameraOf(devices, { audio: true })
    devices.asked[1]?.(stream)
    expect(await second).toBe(stream)
  })

  it('tells wrong constraints by a TypeError', async () => {
    const devices = new Devices()
    const opening = openCameraOf(devices, {})
    devices.asked[0]?.(new TypeError('nothing is asked for'))
    await expect(opening).rejects.toThrow(TypeError)
  })

  it('asks before anything is waited for, so that a click still counts', () => {
    const devices = new Devices()
    use(devices)
    openScreen().catch(() => undefined)
    expect(devices.asked).toHaveLength(1)
    devices.asked[0]?.(named('NotAllowedError'))
  })

  it('rejects with the reason of an abort, and stops what is opened all the same', async () => {
    const devices = new Devices()
    const leaving = new AbortController()
    const opening = openCameraOf(devices, both, { signal: leaving.signal })
    const reason = new Error('the user went back')
    leaving.abort(reason)
    await expect(opening).rejects.toBe(reason)
    const { stream, track } = createStream()
    devices.asked[0]?.(stream)
    await expect.poll(() => track.readyState).toBe('ended')
  })

  it('stops the screen that was chosen while what follows could not be loaded', async () => {
    const devices = new Devices()
    use(devices)
    loading.fails = true
    onTestFinished(() => void (loading.fails = false))
    const opening = openScreen()
    await expect(opening).rejects.toThrow('offline')
    const { stream, track } = createStream()
    devices.asked[0]?.(stream)
    await expect.poll(() => track.readyState).toBe('ended')
  })

  it('stops the screen that was chosen while the wait for it was over before what follows was loaded', async () => {
    const devices = new Devices()
    use(devices)
    const leaving = new AbortController()
    const opening = openScreen(undefined, { signal: leaving.signal })
    leaving.abort('gone')
    const { stream, track } = createStream()
    devices.asked[0]?.(stream)
    await expect(opening).rejects.toBe('gone')
    await expect.poll(() => track.readyState).toBe('ended')
  })

  it('does not ask at all once it is aborted', async () => {
    const devices = new Devices()
    use(devices)
    const options = { signal: AbortSignal.abort('gone') }
    for (const open of [openCamera, openScreen]) await expect(open(both, options)).rejects.toBe('gone')
    expect(devices.asked).toEqual([])
  })

  it('is media-unsupported where there are no devices, and on phones for screens', async () => {
    const unsupported = { code: 'media-unsupported' }
    await expect(openCamera()).rejects.toMatchObject(unsupported)
    await expect(openScreen()).rejects.toMatchObject(unsupported)
    await expect(listDevices()).rejects.toMatchObject(unsupported)
    use(Object.assign(new Devices(), { getDisplayMedia: undefined }))
    await expect(openScreen()).rejects.toMatchObject(unsupported)
    expect(() => onDevices(() => undefined)()).not.toThrow()
    await expect(openScreen()).rejects.toBeInstanceOf(SkeinError)
  })
})

describe('the list of devices', () => {
  it('is told anew when one comes, and not after it is not asked for any more', async () => {
    const devices = new Devices()
    const told: (readonly DeviceInfo[])[] = []
    use(devices)
    const stop = onDevices((list) => told.push(list))
    // What watches them loads.
    await listDevices()
    devices.plug('videoinput', 'front')
    await expect.poll(() => told.length).toBe(1)
    expect(told[0]).toEqual([{ kind: 'videoinput', id: 'front', label: 'front', groupId: '' }])
    expect(Object.isFrozen(told[0])).toBe(true)
    devices.plug('audioinput', 'headset')
    stop()
    devices.plug('audiooutput', 'headset')
    await listDevicesOf(devices)
    expect(told).toHaveLength(1)
  })

  it('is told once of hardware that tells of each of its devices, and as it is in the end', async () => {
    const devices = new Devices()
    const told: number[] = []
    watchDevicesOf(devices, (list) => told.push(list.length), new AbortController().signal)
    for (const kind of ['videoinput', 'audioinput', 'audiooutput'] as const) devices.plug(kind, 'webcam')
    await expect.poll(() => told).toEqual([3])
  })
})
