import { stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../bots/record/recorder.js'
import type { Sinks } from '../../../bots/record/sinks.js'
import { loadWrtcSinks } from '../../../bots/record/wrtc-sinks.js'
import { i420Bytes } from '../../../bots/record/y4m.js'
import { connectMedia } from '../../support/media-loopback.js'
import { createFolder, decodeSamples, filesIn, hasFfmpeg, probe, type Probed } from './recordings.js'

/** Sinks that note when each of them first gave something. */
const watch = (sinks: Sinks): { readonly sinks: Sinks; readonly firstMs: Map<string, number> } => {
  const firstMs = new Map<string, number>()
  const note = (kind: string): void => {
    if (!firstMs.has(kind)) firstMs.set(kind, Date.now())
  }
  return {
    firstMs,
    sinks: {
      video: (track, onFrame) =>
        sinks.video(track, (frame) => {
          note('video')
          onFrame(frame)
        }),
      audio: (track, onChunk) =>
        sinks.audio(track, (chunk) => {
          if (chunk.samples.some((sample) => sample !== 0)) note('audio')
          onChunk(chunk)
        }),
    },
  }
}

const setup = async () => {
  const dir = await createFolder()
  const size = { width: 160, height: 120 }
  const { tracks } = await connectMedia(size)
  const errors: unknown[] = []
  const { sinks, firstMs } = watch(await loadWrtcSinks())
  const recorder = new Recorder({ dir, sinks, framesPerSecond: 25, report: (error) => errors.push(error) })
  recorder.record({ from: 'ada', metadata: null, stream: { getTracks: () => tracks } })
  const sizeOf = async (ending: string): Promise<number> => {
    const sizes = (await filesIn(dir))
      .filter((path) => path.endsWith(ending))
      .map(async (path) => (await stat(path)).size)
    return (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0)
  }
  const untilRecorded = (ending: string, bytes: number): Promise<void> =>
    expect.poll(() => sizeOf(ending), { timeout: 25_000 }).toBeGreaterThan(bytes)
  return { dir, size, recorder, errors, firstMs, untilRecorded }
}

/** From the beginning of the first to the end of the last: on a busy machine a gap may begin another. */
const spanOf = (paths: readonly string[], probed: readonly Probed[]): number => {
  const starts = paths.map((path) => {
    const digits = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(path)?.slice(1).map(Number) ?? []
    const [year = 0, month = 0, ...rest] = digits
    return Date.UTC(year, month - 1, ...rest)
  })
  return ((starts.at(-1) ?? 0) - (starts[0] ?? 0)) / 1_000 + (probed.at(-1)?.seconds ?? 0)
}

/** How often a tone of that many samples goes up through zero in a second. */
const pitchOf = (samples: Int16Array, sampleRate: number): number => {
  let count = 0
  for (let at = 1; at < samples.length; at++) if ((samples[at - 1] ?? 0) < 0 && (samples[at] ?? 0) >= 0) count++
  return (count * sampleRate) / samples.length
}

describe.skipIf(!hasFfmpeg)('what a bot records over WebRTC (skipped where there is no ffmpeg)', () => {
  it('is as long as it was sent, and can be seen and heard', { timeout: 60_000 }, async () => {
    const { dir, recorder, errors, firstMs, untilRecorded } = await setup()
    await untilRecorded('.y4m', 50 * i420Bytes(160, 120))
    await untilRecorded('.wav', 2 * 96_000)
    await recorder.close()
    const endMs = Date.now()
    expect(errors).toEqual([])
    const files = await filesIn(dir)
    const pictures = files.filter((path) => path.endsWith('.y4m'))
    const video = await Promise.all(pictures.map(probe))
    expect(video.map(({ width, height }) => [width, height])).toEqual(video.map(() => [160, 120]))
    expect(spanOf(pictures, video)).toBeCloseTo((endMs - (firstMs.get('video') ?? 0)) / 1_000, 0)
    const tones = files.filter((path) => path.endsWith('.wav'))
    const audio = await Promise.all(tones.map(probe))
    expect(audio.map(({ sampleRate }) => sampleRate)).toEqual(audio.map(() => 48_000))
    expect(spanOf(tones, audio)).toBeCloseTo((endMs - (firstMs.get('audio') ?? 0)) / 1_000, 0)
    const samples = await decodeSamples(tones[0] ?? '')
    const pitch = pitchOf(samples.subarray(samples.length / 2), 48_000)
    expect(pitch).toBeGreaterThan(400)
    expect(pitch).toBeLessThan(480)
  })

  it('goes on in another file when the video becomes larger', { timeout: 60_000 }, async () => {
    const { dir, size, recorder, errors, untilRecorded } = await setup()
    const small = 40 * i420Bytes(160, 120)
    await untilRecorded('.y4m', small)
    Object.assign(size, { width: 320, height: 240 })
    await untilRecorded('.y4m', 2 * small + 25 * i420Bytes(320, 240))
    await recorder.close()
    expect(errors).toEqual([])
    const videos = (await filesIn(dir)).filter((path) => path.endsWith('.y4m'))
    const probed = await Promise.all(videos.map(probe))
    expect(new Set(probed.map(({ width, height }) => `${width}x${height}`))).toEqual(new Set(['160x120', '320x240']))
    expect(probed.every(({ frames }) => frames > 0)).toBe(true)
  })
})
