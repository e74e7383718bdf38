/** What tests of recordings share: files made of known pictures and sound, and what ffmpeg finds in them. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const run = promisify(execFile)
const MAX_OUTPUT = 64 * 1024 * 1024

export const hasFfmpeg = ['ffmpeg', 'ffprobe'].every((name) => spawnSync(name, ['-version']).status === 0)

export const createFolder = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'skein-record-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}

export const filesIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir)).sort().map((name) => join(dir, name))

export interface Probed {
  readonly codec: string
  readonly frames: number
  readonly seconds: number
  readonly width: number | undefined
  readonly height: number | undefined
  readonly sampleRate: number
}

interface ProbeOutput {
  readonly streams: readonly {
    readonly codec_name: string
    readonly nb_read_frames: string
    readonly duration?: string
    readonly width?: number
    readonly height?: number
    readonly sample_rate?: string
  }[]
}

/** Reads all of the file, and does not only believe its header. */
export const probe = async (path: string): Promise<Probed> => {
  const flags = ['-v', 'error', '-count_frames', '-show_streams', '-of', 'json']
  const { stdout } = await run('ffprobe', [...flags, path])
  const [stream] = (JSON.parse(stdout) as ProbeOutput).streams
  if (stream === undefined) throw new Error(`there is nothing to play in ${path}`)
  return {
    codec: stream.codec_name,
    frames: Number(stream.nb_read_frames),
    seconds: Number(stream.duration ?? 'NaN'),
    width: stream.width,
    height: stream.height,
    sampleRate: Number(stream.sample_rate ?? 'NaN'),
  }
}

const decode = async (path: string, flags: readonly string[]): Promise<Buffer> => {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, ...flags, '-'], {
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT,
  })
  return stdout
}

/** All pictures, as they were put in. */
export const decodePictures = (path: string): Promise<Buffer> => decode(path, ['-f', 'rawvideo', '-pix_fmt', 'yuv420p'])

export const decodeSamples = async (path: string): Promise<Int16Array> => {
  const bytes = await decode(path, ['-f', 's16le', '-c:a', 'pcm_s16le'])
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}
