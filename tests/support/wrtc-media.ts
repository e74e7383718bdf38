import wrtc from '@roamhq/wrtc'
import type { RtcEngine } from '../../sdk/platform/platform.js'

/** The WebRTC of Node, with media. */
export const mediaEngine: RtcEngine = {
  RTCPeerConnection: wrtc.RTCPeerConnection,
  RTCSessionDescription: wrtc.RTCSessionDescription,
  RTCIceCandidate: wrtc.RTCIceCandidate,
  MediaStream: wrtc.MediaStream,
}

const FRAME_MS = 20
const AUDIO_MS = 10
const SAMPLE_RATE = 48_000

/** A picture of one brightness, so that those who get it know which track it came from. */
const frameOf = (width: number, height: number, brightness: number) => {
  const data = new Uint8ClampedArray(width * height * 1.5)
  data.fill(brightness, 0, width * height)
  data.fill(128, width * height)
  return { width, height, data }
}

export interface TestTrack {
  readonly track: MediaStreamTrack
  /** As a device that goes away does it. */
  readonly stop: () => void
}

/** A camera that sees nothing but this brightness, 0 to 255. */
export const createVideo = (brightness: number): TestTrack => {
  const source = new wrtc.nonstandard.RTCVideoSource()
  const track = source.createTrack()
  const frame = frameOf(64, 48, brightness)
  const timer = setInterval(() => source.onFrame(frame as never), FRAME_MS)
  return {
    track,
    stop: () => {
      clearInterval(timer)
      track.stop()
    },
  }
}

/** A microphone in a room where one tone sounds. */
export const createAudio = (): TestTrack => {
  const source = new wrtc.nonstandard.RTCAudioSource()
  const track = source.createTrack()
  const samples = Int16Array.from({ length: (SAMPLE_RATE * AUDIO_MS) / 1_000 }, (_, i) => 8_000 * Math.sin(i / 8))
  const timer = setInterval(() => source.onData({ samples, sampleRate: SAMPLE_RATE }), AUDIO_MS)
  return {
    track,
    stop: () => {
      clearInterval(timer)
      track.stop()
    },
  }
}

/** Resolves once a frame of about this brightness comes on the track; compression may change it a little. */
export const shows = (track: MediaStreamTrack, brightness: number): Promise<void> =>
  new Promise((resolve) => {
    const sink = new wrtc.nonstandard.RTCVideoSink(track)
    sink.onframe = (({ frame }: { readonly frame: { readonly data: Uint8Array } }) => {
      if (Math.abs((frame.data[0] ?? 0) - brightness) > 6) return
      sink.stop()
      resolve()
    }) as never
  })

/** Resolves once something is heard on the track. */
export const sounds = (track: MediaStreamTrack): Promise<void> =>
  new Promise((resolve) => {
    const sink = new wrtc.nonstandard.RTCAudioSink(track)
    sink.ondata = (({ samples }: { readonly samples: Int16Array }) => {
      if (!samples.some((sample) => Math.abs(sample) > 1_000)) return
      sink.stop()
      resolve()
    }) as never
  })
