import { mkdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recordingName } from '../../../bots/record/file-names.js'
import { Recorder, type RecordedStream, type RecorderOptions } from '../../../bots/record/recorder.js'
import { y4mHeader } from '../../../bots/record/y4m.js'
import type { AudioChunk, RecordedTrack, Sinks, VideoFrame } from '../../../bots/record/sinks.js'
import { createFolder, decodePictures, decodeSamples, filesIn, hasFfmpeg, probe } from './recordings.js'
import { createChunk, createFrame } from '../../support/raw-media.js'

/** Sinks that give what the test puts in; real ones are in record-webrtc.test.ts. */
class Taps implements Sinks {
  readonly #videos = new Map<RecordedTrack, (frame: VideoFrame) => void>()
  readonly #audios = new Map<RecordedTrack, (chunk: AudioChunk) => void>()

  get open(): number {
    return this.#videos.size + this.#audios.size
  }

  video(track: RecordedTrack, onFrame: (frame: VideoFrame) => void): () => void {
    this.#videos.set(track, onFrame)
    return () => this.#videos.delete(track)
  }

  audio(track: RecordedTrack, onChunk: (chunk: AudioChunk) => void): () => void {
    this.#audios.set(track, onChunk)
    return () => this.#audios.delete(track)
  }

  show(track: RecordedTrack, frame: VideoFrame): void {
    this.#videos.get(track)?.(frame)
  }

  sound(track: RecordedTrack, chunk: AudioChunk): void {
    this.#audios.get(track)?.(chunk)
  }
}

const START_MS = Date.UTC(2026, 10, 30, 12)

const setup = async (options: Partial<RecorderOptions> = {}) => {
  const dir = await createFolder()
  const taps = new Taps()
  const errors: string[] = []
  let nowMs = START_MS
  const report = (error: unknown): void => {
    errors.push((error as Error).message)
  }
  const recorder = new Recorder({ dir, sinks: taps, report, framesPerSecond: 25, now: () => nowMs, ...options })
  const camera: RecordedTrack = { id: 'v', kind: 'video' }
  const microphone: RecordedTrack = { id: 'a', kind: 'audio' }
  let tracks = [camera, microphone]
  const remote: RecordedStream = {
    from: 'ada',
    metadata: { kind: 'camera' },
    stream: { getTracks: () => tracks },
  }
  recorder.record(remote)
  /** Pictures of this size at this rate, of a brightness that goes up; from now on. */
  const show = (
    seconds: number,
    [width, height]: readonly [number, number] = [64, 48],
    rate = 25,
    rotation = 0,
  ): void => {
    const endMs = nowMs + seconds * 1_000
    for (let index = 0; nowMs < endMs - 1e-6; index++, nowMs += 1_000 / rate) {
      taps.show(camera, createFrame(width, height, index, rotation))
    }
  }
  const sound = (seconds: number, sampleRate = 48_000, channelCount = 1, amplitude = 8_000): void => {
    for (let index = 0; index < seconds * 100; index++) {
      nowMs += 10
      taps.sound(microphone, createChunk(index, sampleRate, channelCount, amplitude))
    }
  }
  const pass = (ms: number): void => {
    nowMs += ms
  }
  const change = (next: RecordedTrack[]): void => {
    tracks = next
    recorder.record(remote)
  }
  return { dir, taps, errors, recorder, remote, camera, microphone, show, sound, pass, change }
}

describe('names of recordings', () => {
  it('say when, who and what, and sort by time', () => {
    const name = recordingName({ from: 'Ab3_-x', metadata: { kind: 'camera' } }, START_MS, { ending: '.wav' })
    expect(name).toBe('20261130T120000000Z_Ab3_-x_camera.wav')
  })

  it.each([
    ['a path', { kind: '../../etc/passwd' }],
    ['a zero', { kind: 'a\0b' }],
    ['text turned around', { kind: '\u202egpj.exe' }],
    ['a long word', { kind: 'x'.repeat(5_000) }],
    ['no letters', { kind: '💣'.repeat(300) }],
    ['an object', { kind: { toString: (): string => '/' } }],
    ['a device', { kind: 'CON' }],
    ['a flag', { kind: '-rf' }],
    ['null', null],
    ['nothing', undefined],
    ['a text', 'camera'],
    ['a big number', 7n],
  ])('are safe whatever a member says of its stream: %s', (_name, metadata) => {
    for (const from of ['ada', '..', '/', '']) {
      const name = recordingName({ from, metadata }, START_MS, { ending: '.y4m', attempt: 1, detail: '_turn90' })
      expect(name).toMatch(/^20261130T120000000Z_[a-zA-Z0-9_-]{1,32}_[a-zA-Z0-9_-]{1,32}_turn90_2\.y4m$/)
      expect(basename(name)).toBe(name)
      expect(name.length).toBeLessThan(120)
    }
  })
})

describe.skipIf(!hasFfmpeg)('a recording, played by ffmpeg (skipped where there is none)', () => {
  it('has every picture and every sample that was sent', async () => {
    const { dir, recorder, show, sound, errors } = await setup()
    show(2)
    sound(3)
    await recorder.close()
    expect(errors).toEqual([])
    const [picture, tone] = (await filesIn(dir)) as [string, string]
    expect([basename(picture), basename(tone)]).toEqual([
      '20261130T120000000Z_ada_camera.y4m',
      '20261130T120002000Z_ada_camera.wav',
    ])
    expect(await probe(picture)).toMatchObject({ codec: 'rawvideo', frames: 50, seconds: 2, width: 64, height: 48 })
    expect(await probe(tone)).toMatchObject({ codec: 'pcm_s16le', seconds: 3, sampleRate: 48_000 })
    const pixels = await decodePictures(picture)
    const size = createFrame(64, 48, 0).data.length
    expect(Array.from({ length: 50 }, (_, index) => pixels[index * size])).toEqual(
      Array.from({ length: 50 }, (_, index) => index),
    )
    const header = (await readFile(tone)).subarray(0, 44)
    expect([header.readUInt32LE(4), header.readUInt32LE(40)]).toEqual([36 + 288_000, 288_000])
    const heard = await decodeSamples(tone)
    const sent = Array.from({ length: 300 }, (_, index) => [...createChunk(index).samples]).flat()
    expect(heard.length).toBe(sent.length)
    expect(heard.every((sample, index) => sample === sent[index])).toBe(true)
  })

  it('begins another file when the size of a video or the way it is held changes', async () => {
    const { dir, recorder, show } = await setup()
    show(2, [64, 48])
    show(2, [32, 24])
    show(2, [32, 24], 25, 90)
    show(2, [33, 25])
    await recorder.close()
    const files = await filesIn(dir)
    const probed = await Promise.all(files.map(probe))
    expect(probed.map(({ width, height, frames }) => [width, height, frames])).toEqual([
      [64, 48, 50],
      [32, 24, 50],
      [32, 24, 50],
      [33, 25, 50],
    ])
    expect(basename(files[2] ?? '')).toBe('20261130T120004000Z_ada_camera_turn90.y4m')
  })

  it('is as long as what was sent, whatever its rate was', async () => {
    for (const rate of [7, 25, 60]) {
      const { dir, recorder, show } = await setup()
      show(4, [32, 24], rate)
      await recorder.close()
      const [file] = (await filesIn(dir)) as [string]
      expect((await probe(file)).seconds).toBeCloseTo(4, 1)
    }
  })

  it('shows the last picture in a short gap, and begins another file after a long one', async () => {
    const { dir, recorder, show, pass } = await setup()
    show(1)
    pass(800)
    show(1)
    pass(10_000)
    show(1)
    await recorder.close()
    const files = await filesIn(dir)
    expect((await Promise.all(files.map(probe))).map(({ frames }) => frames)).toEqual([70, 25])
    expect(basename(files[1] ?? '')).toBe('20261130T120012800Z_ada_camera.y4m')
  })

  it('is silent where sound is missing, and takes none that only comes late for missing', async () => {
    const { dir, recorder, sound, pass, microphone, taps } = await setup()
    sound(5)
    pass(3_000)
    sound(5)
    // Late: the process stood still for a second, and then all comes at once.
    pass(1_000)
    for (let index = 0; index < 100; index++) taps.sound(microphone, createChunk(index))
    sound(5)
    await recorder.close()
    const [file] = (await filesIn(dir)) as [string]
    expect((await probe(file)).seconds).toBeCloseTo(19, 1)
  })

  it('begins with the first sound, and another file when the rate or the channels change', async () => {
    const { dir, recorder, sound } = await setup()
    sound(1, 16_000, 1, 0)
    sound(1)
    sound(1, 48_000, 2)
    await recorder.close()
    const files = await filesIn(dir)
    expect((await Promise.all(files.map(probe))).map(({ seconds, sampleRate }) => [seconds, sampleRate])).toEqual([
      [1, 48_000],
      [1, 48_000],
    ])
    expect(basename(files[0] ?? '')).toContain('T120001000Z')
    expect(await decodeSamples(files[1] ?? '')).toHaveLength(2 * 48_000)
  })

  it('can be played up to where it was written while it is not done, as after a kill', async () => {
    const { dir, recorder, show, sound } = await setup()
    show(2)
    sound(2)
    const pathOf = async (ending: string): Promise<string> =>
      (await filesIn(dir)).find((path) => path.endsWith(ending)) ?? ''
    const untilWritten = async (ending: string, bytes: number): Promise<string> => {
      await expect
        .poll(
          async () =>
            stat(await pathOf(ending)).then(
              ({ size }) => size >= bytes,
              () => false,
            ),
          { timeout: 20_000 },
        )
        .toBe(true)
      return pathOf(ending)
    }
    const tone = await untilWritten('.wav', 44 + 2 * 48_000 * 2)
    const picture = await untilWritten('.y4m', 50 * createFrame(64, 48, 0).data.length)
    // Not zero, which some players take for an empty file.
    expect((await readFile(tone)).readUInt32LE(40)).toBe(0xffffffff)
    expect(await decodeSamples(tone)).toHaveLength(2 * 48_000)
    expect((await probe(tone)).seconds).toBeCloseTo(2, 1)
    expect((await probe(picture)).frames).toBe(50)
    await recorder.close()
  })
})

describe('a recorder', () => {
  it('follows the tracks of a stream: those that come, those that go, and the end', async () => {
    const { recorder, taps, remote, camera, microphone, change } = await setup()
    expect(taps.open).toBe(2)
    change([camera])
    expect(taps.open).toBe(1)
    change([camera, microphone, { id: 'w', kind: 'video' }])
    expect([taps.open, recorder.stats.tracks]).toEqual([3, 3])
    recorder.remove(remote)
    expect([taps.open, recorder.stats.tracks]).toEqual([0, 0])
    await recorder.close()
    recorder.record(remote)
    expect(taps.open).toBe(0)
    await recorder.close()
  })

  it('makes no file of a track from which nothing comes, or only silence', async () => {
    const { dir, recorder, sound } = await setup()
    sound(2, 48_000, 1, 0)
    await recorder.close()
    expect(await filesIn(dir)).toEqual([])
  })

  it('drops what the disk does not take, counts it, holds little of it, and goes on', async () => {
    const { dir, recorder, camera, taps, pass } = await setup()
    const size = createFrame(640, 360, 0).data.length
    // Nothing is written meanwhile: nobody is waited for.
    for (let index = 0; index < 300; index++) {
      taps.show(camera, createFrame(640, 360, index))
      pass(40)
    }
    const { dropped } = recorder.stats
    const kept = 300 - dropped
    expect(kept * size).toBeLessThanOrEqual(32 * 1024 * 1024)
    expect(kept).toBeGreaterThan(50)
    await expect
      .poll(async () => (await stat((await filesIn(dir))[0] ?? '')).size, { timeout: 20_000 })
      .toBeGreaterThan((kept - 1) * size)
    taps.show(camera, createFrame(640, 360, 1))
    await recorder.close()
    const sizes = await Promise.all((await filesIn(dir)).map(async (path) => (await stat(path)).size))
    expect(sizes).toHaveLength(2)
    // Whole pictures alone.
    expect(sizes.map((each) => (each - y4mHeader(640, 360, 25).length) % (size + 6))).toEqual([0, 0])
  })

  it('drops what is no picture, and pictures that change their size all the time', async () => {
    const { dir, recorder, camera, taps, pass } = await setup()
    const wrong = [
      { ...createFrame(64, 48, 0), width: 65 },
      { ...createFrame(64, 48, 0), data: new Uint8Array(3) },
      { width: 0, height: 0, rotation: 0, data: new Uint8Array(0) },
    ]
    for (const frame of wrong) taps.show(camera, frame)
    expect(recorder.stats.dropped).toBe(3)
    for (let index = 0; index < 100; index++) {
      taps.show(camera, createFrame(32 + (index % 2) * 32, 24, index))
      pass(40)
    }
    await recorder.close()
    expect((await filesIn(dir)).length).toBeLessThanOrEqual(5)
  })

  it('stops at the size that was allowed, and says so once', async () => {
    const { recorder, show, errors, dir, pass } = await setup({ maxBytes: 100_000 })
    show(2)
    for (let round = 0; round < 3; round++) {
      pass(5_000)
      show(1)
    }
    await recorder.close()
    const [file] = (await filesIn(dir)) as [string]
    expect(await filesIn(dir)).toHaveLength(1)
    expect((await stat(file)).size).toBeLessThanOrEqual(100_000)
    expect(errors).toEqual(['nothing is recorded any more: 100000 bytes are written'])
  })

  it('tells once of a track that cannot be written, and records the others', async () => {
    const { recorder, show, errors, pass } = await setup({ dir: join(await createFolder(), 'gone') })
    show(1)
    await expect.poll(() => errors.length).toBe(1)
    pass(5_000)
    show(1)
    await recorder.close()
    expect(errors[0]).toMatch(/ENOENT/)
    expect(errors).toHaveLength(1)
  })

  it('never writes over a file, nor into one that somebody has put there', async () => {
    const { recorder, show, dir } = await setup()
    await mkdir(join(dir, '20261130T120000000Z_ada_camera.y4m'))
    show(1)
    await recorder.close()
    expect((await filesIn(dir)).map((path) => basename(path))).toEqual([
      '20261130T120000000Z_ada_camera.y4m',
      '20261130T120000000Z_ada_camera_2.y4m',
    ])
  })

  it('records 64 tracks at a time, and tells once of more', async () => {
    const { recorder, errors, change } = await setup()
    change(Array.from({ length: 70 }, (_, index) => ({ id: String(index), kind: 'audio' })))
    expect(recorder.stats.tracks).toBe(64)
    expect(errors).toEqual(['a track is not recorded: 64 others are'])
    await recorder.close()
  })
})
