import type { AudioChunk, RecordedTrack, Sinks, VideoFrame } from './sinks.js'

interface Sink {
  stop(): void
}

/** The part of @roamhq/wrtc that no standard has; its own types leave out what the events carry. */
interface Nonstandard {
  readonly RTCVideoSink: new (track: RecordedTrack) => Sink & {
    onframe: ((event: { readonly frame: VideoFrame }) => void) | null
  }
  readonly RTCAudioSink: new (track: RecordedTrack) => Sink & { ondata: ((chunk: AudioChunk) => void) | null }
}

/** Of the engine that `webRTC()` takes in Node. Rejects where it is not installed. */
export const loadWrtcSinks = async (): Promise<Sinks> => {
  const { default: wrtc } = await import('@roamhq/wrtc')
  const { RTCVideoSink, RTCAudioSink } = wrtc.nonstandard as unknown as Nonstandard
  return {
    video: (track, onFrame) => {
      const sink = new RTCVideoSink(track)
      sink.onframe = ({ frame }) => onFrame(frame)
      return () => {
        sink.onframe = null
        sink.stop()
      }
    },
    audio: (track, onChunk) => {
      const sink = new RTCAudioSink(track)
      sink.ondata = onChunk
      return () => {
        sink.ondata = null
        sink.stop()
      }
    },
  }
}
