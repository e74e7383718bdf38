import { openScreen, type OutgoingStream, type WebGroup } from 'skein'
import { showMine, type Devices } from '../shared/devices.js'
import type { Showable } from '../shared/view/wall.js'

type Kind = 'audio' | 'video'

/** What I send to one group: camera and microphone as one stream, and my screen as another. */
export class Sender {
  screen: Showable | null = null
  readonly #group: WebGroup
  readonly #devices: Devices
  #camera: OutgoingStream | null = null
  /** By kind; one that is closed makes place for the next. */
  readonly #tracks = new Map<string, MediaStreamTrack>()
  #endScreen = (): void => {}

  constructor(group: WebGroup, devices: Devices) {
    this.#group = group
    this.#devices = devices
    for (const track of devices.tracks) this.send(track)
    group.on('stream:lost', ({ stream }) => {
      // The browser has a button of its own that ends it.
      if (stream !== this.#camera) this.endScreen()
    })
  }

  send(track: MediaStreamTrack): void {
    const before = this.#tracks.get(track.kind)
    this.#tracks.set(track.kind, track)
    if (this.#camera === null) this.#camera = this.#group.addStream(new MediaStream([track]), { metadata: 'camera' })
    else if (before === undefined) void this.#camera.addTrack(track)
    else void this.#camera.replaceTrack(before, track)
    // It may have been switched off before there was anybody to hear it.
    this.update()
  }

  /** The others are told what is off. */
  update(): void {
    for (const kind of this.#tracks.keys() as Iterable<Kind>) {
      if (this.#devices.isOn(kind)) this.#camera?.unmute(kind)
      else this.#camera?.mute(kind)
    }
  }

  /** Asks which one; rejects as `openScreen` does. */
  async shareScreen(): Promise<void> {
    const stream = await openScreen()
    const sent = this.#group.addStream(stream, { metadata: 'screen' })
    this.screen = showMine(stream)
    this.#endScreen = () => {
      sent.remove()
      for (const track of stream.getTracks()) track.stop()
    }
  }

  endScreen(): void {
    this.#endScreen()
    this.screen = null
  }
}
