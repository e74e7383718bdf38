/** Pictures and sound as they are before any encoder, known in every byte. */
import type { AudioChunk, VideoFrame } from '../../bots/record/sinks.js'
import { i420Bytes } from '../../bots/record/y4m.js'

/** Of one brightness, so that each can be told from the next. */
export const createFrame = (width: number, height: number, brightness: number, rotation = 0): VideoFrame => {
  const data = new Uint8Array(i420Bytes(width, height)).fill(128)
  data.fill(brightness % 256, 0, width * height)
  return { width, height, rotation, data }
}

/** Ten milliseconds of a tone, or of silence. */
export const createChunk = (index: number, sampleRate = 48_000, channelCount = 1, amplitude = 8_000): AudioChunk => {
  const perChunk = sampleRate / 100
  const samples = Int16Array.from({ length: perChunk * channelCount }, (_, at) => {
    const time = index * perChunk + Math.floor(at / channelCount)
    return Math.round(amplitude * Math.cos((2 * Math.PI * 440 * time) / sampleRate))
  })
  return { sampleRate, channelCount, samples }
}
