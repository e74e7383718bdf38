import { onTestFinished } from 'vitest'
import { MediaNegotiation } from '../../../sdk/link/media-negotiation.js'
import type { MediaPort } from '../../../sdk/link/media.js'
import { webRTC } from '../../../sdk/link/webrtc.js'
import type { RtcEngine } from '../../../sdk/platform/platform.js'
import { openEnds, type LinkEnd } from '../../contract/link.js'
import { Changes } from '../../support/changes.js'
import { mediaEngine } from '../../support/wrtc-media.js'

export const portOf = (end: LinkEnd): MediaPort => {
  const { media } = end.link
  if (!media) throw new Error('this link carries no media')
  return media
}

/** One end of a link whose media are taken up, and a way to wait for what becomes of them. */
export class MediaEnd {
  readonly media: MediaNegotiation
  readonly end: LinkEnd
  /** How often what arrives has changed. */
  changes = 0
  isClosed = false
  readonly #changes = new Changes()

  constructor(end: LinkEnd) {
    this.end = end
    const look = (): void => {
      this.#changes.tell()
    }
    this.media = new MediaNegotiation(portOf(end), {
      onTracks: () => {
        this.changes++
        look()
      },
      onClose: () => {
        this.isClosed = true
        look()
      },
    })
  }

  until(check: () => boolean): Promise<void> {
    return this.#changes.until(check)
  }

  /** The track that arrives under this label, once there is one. */
  async arrives(label: number): Promise<MediaStreamTrack> {
    await this.until(() => this.media.track(label) !== null)
    return this.media.track(label) as MediaStreamTrack
  }
}

/** A link between two members in this process, gone when the test is. Alice makes the offers. */
export const openMediaLink = async (engine: RtcEngine = mediaEngine) => {
  const ends = await openEnds(webRTC({ rtc: () => engine }))
  onTestFinished(() => {
    ends.alice.close()
    ends.bob.close()
  })
  return ends
}

export const openMedia = async (engine?: RtcEngine) => {
  const ends = await openMediaLink(engine)
  return { alice: new MediaEnd(ends.alice), bob: new MediaEnd(ends.bob) }
}
