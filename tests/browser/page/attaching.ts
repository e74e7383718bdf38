/** What a page runs of elements and devices, on its own, without a group. Bundled by the test. */
import { platform } from '../../../sdk/platform/platform.browser.js'
import { Attachments } from '../../../sdk/media/attach.js'
import { listDevicesOf, openCameraOf, openScreenOf } from '../../../sdk/media/device-access.js'
import { describeSource } from '../../../sdk/media/video-source.js'
import { isSameWish, type Wish } from '../../../sdk/media/wish.js'

/** Those of this page, with what they have told. */
class Attaching {
  readonly wishes: Wish[] = []
  blocked = 0
  readonly attachments: Attachments
  readonly #waits = new Set<() => void>()

  constructor(timers: ConstructorParameters<typeof Attachments>[1] = platform) {
    const wish = (_stream: MediaStream, told: Wish): void => {
      this.wishes.push(told)
      this.#review()
    }
    const blocked = (): void => {
      this.blocked++
      this.#review()
    }
    this.attachments = new Attachments({ wish, blocked }, timers)
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waits.add(resolve))
  }

  untilWish(shown: boolean, maxHeight: number | null): Promise<void> {
    return this.until(() => {
      const last = this.wishes.at(-1)
      return last !== undefined && isSameWish(last, { shown, maxHeight })
    })
  }

  #review(): void {
    for (const resume of [...this.#waits]) resume()
    this.#waits.clear()
  }
}

const openFake = (constraints: MediaStreamConstraints = { video: true, audio: true }): Promise<MediaStream> =>
  openCameraOf(platform.devices(), constraints)

/** Picture and sound without a device: Chromium plays anything on a page while that captures. */
const createDrawn = (): MediaStream => {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  const draw = (): void => {
    context?.fillRect(0, 0, performance.now() % canvas.width, canvas.height)
    requestAnimationFrame(draw)
  }
  draw()
  const { stream } = new AudioContext().createMediaStreamDestination()
  return new MediaStream([...canvas.captureStream().getTracks(), ...stream.getTracks()])
}

const addVideo = (style: string): HTMLVideoElement => {
  const video = document.createElement('video')
  video.style.cssText = `display: block; ${style}`
  document.body.append(video)
  return video
}

/** Timers that fire when told. */
const createTimers = () => {
  const waiting = new Set<() => void>()
  return {
    setTimer: (_ms: number, fn: () => void) => {
      waiting.add(fn)
      return () => void waiting.delete(fn)
    },
    /** Frame by frame, as observers tell of what they see once in each. */
    untilWaiting: async (count: number) => {
      while (waiting.size !== count) await new Promise(requestAnimationFrame)
    },
    fire: () => {
      for (const fn of waiting) fn()
      waiting.clear()
    },
  }
}

const untilPlaying = async (element: HTMLMediaElement): Promise<void> => {
  while (element.paused || element.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
    await new Promise((resolve) => {
      for (const name of ['playing', 'loadeddata']) element.addEventListener(name, resolve, { once: true })
    })
  }
}

const reasonOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => String((error as { readonly code?: unknown }).code),
  )

/**
 * What a page does that nobody has touched: scripts that a test evaluates count as touches. It tells on the console, and goes on at a click.
 */
const runUntouched = async (): Promise<void> => {
  const attaching = new Attaching()
  const { attachments } = attaching
  const stream = createDrawn()
  const silent = new MediaStream(stream.getVideoTracks())
  const videos = [addVideo('width: 320px; height: 240px'), addVideo('width: 320px; height: 240px')] as const
  const audio = new Audio()
  attachments.attach(silent, videos[0])
  await untilPlaying(videos[0])
  const told: Record<string, unknown> = { byPictureAlone: attaching.blocked }
  attachments.attach(stream, videos[1])
  attachments.attach(stream, audio)
  await Promise.all(videos.map(untilPlaying))
  const muted = (): boolean[] => [...videos, audio].map((element) => element.muted)
  Object.assign(told, { bySound: attaching.blocked, muted: muted() })
  told['untouched'] = await reasonOf(attachments.startAudio())
  Object.assign(told, { stillMuted: muted(), playing: videos.every(({ paused }) => !paused) })
  await new Promise<void>((resolve) => {
    document.addEventListener(
      'click',
      () => {
        void reasonOf(attachments.startAudio()).then((reason) => {
          told['touched'] = reason
          resolve()
        })
      },
      { once: true },
    )
    console.log('waiting')
  })
  await Promise.all(videos.map(untilPlaying))
  Object.assign(told, { finallyMuted: muted(), finally: attaching.blocked })
  const late = addVideo('width: 320px; height: 240px')
  attachments.attach(stream, late)
  await untilPlaying(late)
  Object.assign(told, { lateMuted: late.muted, afterwards: attaching.blocked })
  attachments.close()
  told['released'] = [...videos, audio, late].every(({ srcObject }) => srcObject === null)
  console.log(JSON.stringify(told))
}

const tools = {
  Attaching,
  addVideo,
  createTimers,
  openFake,
  untilPlaying,
  reasonOf,
  openCamera: (constraints: MediaStreamConstraints) => openCameraOf(platform.devices(), constraints),
  openScreen: () => openScreenOf(platform.devices()?.getDisplayMedia?.({ video: true })),
  listDevices: () => listDevicesOf(platform.devices()),
  describeSource,
}

declare global {
  interface Window {
    tools: typeof tools
    attaching: Attaching
    elements: HTMLVideoElement[]
    stream: MediaStream
    weak: WeakRef<HTMLVideoElement>
  }
}

window.tools = tools
if (location.hash === '#untouched') void runUntouched()
