/** One picture as I420: a plane of brightness, then two of colour with half as many pixels in each direction, rounded up. */
export interface VideoFrame {
  readonly width: number
  readonly height: number
  /** By how much, clockwise, it has to be turned to stand upright: phones send what their camera sees. */
  readonly rotation: number
  /** Nobody else's: it is written later. */
  readonly data: Uint8Array
}

/** Some ten milliseconds of sound; of several channels one sample of each in turn. */
export interface AudioChunk {
  readonly sampleRate: number
  readonly channelCount: number
  /** Nobody else's, too. */
  readonly samples: Int16Array
}

/** What is asked of a `MediaStreamTrack`. */
export interface RecordedTrack {
  readonly id: string
  readonly kind: string
}

/** What takes pictures and sound out of tracks. The results end that, and nothing comes any more. */
export interface Sinks {
  video(track: RecordedTrack, onFrame: (frame: VideoFrame) => void): () => void
  audio(track: RecordedTrack, onChunk: (chunk: AudioChunk) => void): () => void
}
