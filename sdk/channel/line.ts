import type { StreamHub } from '../mesh/streams.js'
import { decodeValue } from '../protocol/any-value.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import type { ChannelCore } from './channel-core.js'
import { ClosableStream } from './closable-stream.js'
import { Sending } from './sending.js'

/** The streams of one channel, and what goes out on them. */
export class Line {
  readonly core: ChannelCore
  /** For values. */
  readonly values: ClosableStream
  /** For requests and answers: whoever is slow to read values keeps no answer back. */
  readonly requests: ClosableStream
  readonly sending: Sending

  constructor(hub: StreamHub, core: ChannelCore) {
    const { settings } = core
    const unreliable = settings.isLatest ? STREAM_MODE.LATEST : STREAM_MODE.UNRELIABLE
    const mode = settings.isReliable ? STREAM_MODE.MESSAGES : unreliable
    this.core = core
    const acknowledged = (id: string, bytes: number): void => {
      this.sending.acknowledged(id, bytes)
    }
    const watched = settings.isReliable && settings.isLatest ? acknowledged : undefined
    this.values = new ClosableStream(hub.own(STREAM_KIND.CHANNEL, mode, settings.name, watched))
    this.requests = new ClosableStream(hub.own(STREAM_KIND.CHANNEL, STREAM_MODE.MESSAGES, settings.name))
    this.sending = new Sending(hub, this.values, settings)
  }

  /** Throws whatever a codec throws; of our own, a `DecodeError`. */
  decode(payload: Uint8Array): unknown {
    const { codec } = this.core.settings
    return codec === undefined ? decodeValue(payload) : codec.decode(payload.slice())
  }

  /** Nobody waits any longer; the others learn that nothing follows. */
  close(createError: () => Error): void {
    this.sending.close(createError)
    this.values.end()
    this.requests.end()
  }
}
