import { listDevices, onDevices, openCamera, SkeinError } from 'skein'
import { keep, recall } from './storage.js'
import { setUpDeviceChoice, showDevices } from './view/device-choice.js'
import type { Showable } from './view/wall.js'
import { deviceFailureInWords, deviceLossInWords } from './words.js'

export type DeviceKind = 'audio' | 'video'
const kinds: readonly DeviceKind[] = ['audio', 'video']

/** Pages that did not come over https have no devices at all. */
export const canShareScreen = (): boolean =>
  'getDisplayMedia' in ((navigator.mediaDevices as MediaDevices | undefined) ?? {})

/** For an element that shows what is mine: without the sound, which I make myself. */
export const showMine = (stream: MediaStream): Showable => ({
  attach: (video) => {
    video.muted = true
    video.srcObject = stream
  },
  detach: (video) => {
    video.srcObject = null
  },
})

export interface DevicesHandlers {
  /** A device was opened, in place of what was open of its kind. */
  onTrack(track: MediaStreamTrack): void
  /** Something is on or off, open or closed that was not. */
  onChange(): void
  /** What could not be had, and what helps; empty when it is over. */
  onTrouble(words: string): void
}

/** My camera and my microphone: whether they are wanted, which ones, and what they give. Wishes are remembered. */
export class Devices {
  /** What the camera sees, whichever it is. */
  readonly view: Showable = {
    attach: (video) => {
      this.#videos.add(video)
      this.#show()
    },
    detach: (video) => {
      this.#videos.delete(video)
      video.srcObject = null
    },
  }
  readonly #videos = new Set<HTMLVideoElement>()
  readonly #name: string
  readonly #handlers: DevicesHandlers
  readonly #isOff: Record<DeviceKind, boolean>
  readonly #open = new Map<DeviceKind, MediaStreamTrack>()
  #opening: Promise<void> | null = null

  /** What is remembered is kept under names that begin with this. */
  constructor(name: string, handlers: DevicesHandlers) {
    this.#name = name
    this.#handlers = handlers
    const isOff = (kind: DeviceKind): boolean => recall(`skein-${name}-${kind}`) === 'off'
    this.#isOff = { audio: isOff('audio'), video: isOff('video') }
    setUpDeviceChoice((kind, id) => void this.#choose(kind, id))
    onDevices(() => void this.#list())
  }

  get tracks(): Iterable<MediaStreamTrack> {
    return this.#open.values()
  }

  isOn(kind: DeviceKind): boolean {
    return !this.#isOff[kind] && this.#open.has(kind)
  }

  /** Opens what was not switched off. Where only one of the two can be had, it is that. */
  open(): Promise<void> {
    const wanted = kinds.filter((kind) => !this.#isOff[kind] && !this.#open.has(kind))
    this.#opening ??= this.#openAll(wanted).finally(() => (this.#opening = null))
    return this.#opening
  }

  /** The camera is closed, so that its light goes out; the microphone stays at hand. */
  async toggle(kind: DeviceKind): Promise<void> {
    const isOff = this.isOn(kind)
    this.#isOff[kind] = isOff
    keep(`skein-${this.#name}-${kind}`, isOff ? 'off' : 'on')
    this.#handlers.onTrouble('')
    if (isOff && kind === 'video') this.#close(kind)
    if (!isOff && !this.#open.has(kind)) await this.#openAll([kind])
    this.#handlers.onChange()
  }

  /** Closes them; what is wanted stays so. */
  close(): void {
    for (const kind of kinds) this.#close(kind)
    this.#handlers.onChange()
  }

  /** Uses this one from now on. The one before is closed first: phones open one camera at a time. */
  async #choose(kind: DeviceKind, id: string): Promise<void> {
    keep(`skein-${this.#name}-${kind}-device`, id)
    this.#close(kind)
    await this.toggle(kind)
  }

  async #openAll(wanted: readonly DeviceKind[]): Promise<void> {
    const [only] = wanted
    if (only === undefined) return
    try {
      const there = (await listDevices()).map(({ id }) => id)
      const wishes = wanted.map((kind) => [kind, this.#wish(kind, there)] as const)
      const stream = await openCamera(Object.fromEntries(wishes))
      for (const track of stream.getTracks()) this.#take(track)
    } catch (error) {
      const isOfOne = error instanceof SkeinError && ['media-missing', 'media-busy'].includes(error.code)
      // Whoever has refused is not asked again.
      if (isOfOne && wanted.length > 1) for (const kind of wanted) await this.#openAll([kind])
      else this.#handlers.onTrouble(deviceFailureInWords(wanted.length > 1 ? 'both' : only, error))
    }
    await this.#list()
    this.#handlers.onChange()
  }

  /** The one that was chosen, if it is there. */
  #wish(kind: DeviceKind, there: readonly string[]): MediaTrackConstraints {
    const id = recall(`skein-${this.#name}-${kind}-device`)
    const size = kind === 'video' ? { width: { ideal: 1_280 }, height: { ideal: 720 } } : {}
    return { ...size, ...(there.includes(id) ? { deviceId: { exact: id } } : {}) }
  }

  #take(track: MediaStreamTrack): void {
    const kind = track.kind as DeviceKind
    this.#close(kind)
    // Switched off while it was opened.
    if (this.#isOff[kind]) {
      track.stop()
      return
    }
    this.#open.set(kind, track)
    this.#show()
    track.addEventListener('ended', () => {
      if (this.#open.get(kind) !== track) return
      this.#close(kind)
      this.#handlers.onTrouble(deviceLossInWords(kind))
      this.#handlers.onChange()
    })
    this.#handlers.onTrack(track)
  }

  #close(kind: DeviceKind): void {
    const track = this.#open.get(kind)
    if (track === undefined) return
    track.stop()
    this.#open.delete(kind)
    this.#show()
  }

  /** Without a camera, nothing: a page counts as loading for as long as it waits for the first picture of an empty stream. */
  #show(): void {
    const track = this.#open.get('video')
    for (const video of this.#videos) {
      const shown = (video.srcObject as MediaStream | null)?.getVideoTracks()[0]
      if (shown === track) continue
      video.muted = true
      video.srcObject = track === undefined ? null : new MediaStream([track])
    }
  }

  async #list(): Promise<void> {
    const used = [...this.tracks].map((track) => track.getSettings().deviceId ?? '')
    // Where there can be none, whoever opens one is told so.
    showDevices(await listDevices().catch(() => []), used)
  }
}
