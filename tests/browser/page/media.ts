import type { GroupEvents, OutgoingStream, RemoteStream, WebGroup } from 'skein'
import { Changes } from '../../support/changes.js'

const streamEvents = ['stream:add', 'stream:update', 'stream:remove', 'stream:unavailable', 'stream:lost'] as const

export type Colour = 'red' | 'green' | 'blue'
const colours: Readonly<Record<Colour, string>> = { red: '#c00000', green: '#00c000', blue: '#0000c0' }

/** A camera that sees one colour. */
export const createColour = (colour: Colour, width = 320, height = 180): MediaStreamTrack => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')
  const draw = (): void => {
    if (context === null) return
    context.fillStyle = colours[colour]
    context.fillRect(0, 0, width, height)
  }
  draw()
  const [track] = canvas.captureStream(30).getVideoTracks()
  if (track === undefined) throw new Error('a canvas gave no track')
  const timer = setInterval(() => {
    if (track.readyState === 'live') draw()
    else clearInterval(timer)
  }, 33)
  return track
}

/** What a page sees of the streams of others, and what it sends itself. */
export class Viewer {
  readonly group: WebGroup
  readonly told: { readonly name: string; readonly event: unknown; readonly atMs: number }[] = []
  readonly sent: OutgoingStream[] = []
  joinedAtMs = NaN
  readonly #changes = new Changes()
  readonly #elements = new Map<MediaStream, HTMLVideoElement>()

  constructor(group: WebGroup) {
    this.group = group
    group.on('state:change', ({ next }) => {
      if (next === 'joined') this.joinedAtMs = performance.now()
    })
    for (const name of streamEvents) this.listen(name)
  }

  listen(name: keyof GroupEvents): void {
    this.group.on(name, (event) => {
      this.told.push({ name, event, atMs: performance.now() })
      this.#changes.tell()
    })
  }

  async openCamera(constraints: MediaStreamConstraints = { video: { width: 320, height: 180 }, audio: true }) {
    const stream = await navigator.mediaDevices.getUserMedia(constraints)
    this.sent.push(this.group.addStream(stream, { metadata: { kind: 'camera' } }))
  }

  show(colour: Colour): void {
    this.sent.push(this.group.addStream(new MediaStream([createColour(colour)]), { metadata: { kind: colour } }))
  }

  /** Shows the stream to whoever sees the page, in an element of its own of this size. */
  place({ attach }: RemoteStream, width: number, height: number): void {
    const element = document.createElement('video')
    element.style.cssText = `display: block; width: ${width}px; height: ${height}px`
    document.body.prepend(element)
    attach(element)
  }

  names(): string[] {
    return this.told.map(({ name }) => name)
  }

  async nth<Name extends keyof GroupEvents>(name: Name, count: number): Promise<GroupEvents[Name]> {
    const all = () => this.told.filter((it) => it.name === name)
    await this.#until(() => all().length >= count)
    return all()[count - 1]?.event as GroupEvents[Name]
  }

  untilMuted(stream: RemoteStream, kind: 'audio' | 'video', value: boolean): Promise<void> {
    return this.#until(() => stream.muted[kind] === value)
  }

  /** Resolves with the size of the next frames that are decoded of it. */
  async frames(stream: MediaStream, count = 3): Promise<{ readonly width: number; readonly height: number }> {
    const element = this.#elementOf(stream)
    let frame: VideoFrameCallbackMetadata | null = null
    for (let i = 0; i < count; i++) {
      frame = await new Promise((resolve) =>
        element.requestVideoFrameCallback((_now, metadata) => {
          resolve(metadata)
        }),
      )
    }
    return { width: frame?.width ?? 0, height: frame?.height ?? 0 }
  }

  /** Resolves once a frame of this colour is shown. */
  async untilColour(stream: MediaStream, colour: Colour): Promise<void> {
    const canvas = new OffscreenCanvas(1, 1)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    const channel = ['red', 'green', 'blue'].indexOf(colour)
    for (;;) {
      await this.frames(stream, 1)
      context?.drawImage(this.#elementOf(stream), 0, 0, 1, 1)
      const pixel = [...(context?.getImageData(0, 0, 1, 1).data.slice(0, 3) ?? [])]
      if (pixel.every((value, index) => (index === channel ? value > 100 : value < 60))) return
    }
  }

  #elementOf(stream: MediaStream): HTMLVideoElement {
    const known = this.#elements.get(stream)
    if (known !== undefined) return known
    const element = Object.assign(document.createElement('video'), { muted: true, autoplay: true, playsInline: true })
    element.srcObject = stream
    document.body.append(element)
    this.#elements.set(stream, element)
    return element
  }

  #until(isSo: () => boolean): Promise<void> {
    return this.#changes.until(isSo)
  }
}
