import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GroupRecording } from '../../../bots/record/group-recording.js'
import type { RecordedStream } from '../../../bots/record/recorder.js'
import type { Sinks, VideoFrame } from '../../../bots/record/sinks.js'
import { Emitter } from '../../../sdk/util/emitter.js'
import { createFrame } from '../../support/raw-media.js'
import { createFolder, filesIn } from './recordings.js'

interface Events {
  'stream:add': RecordedStream
  'stream:update': RecordedStream
  'stream:remove': RecordedStream
  'state:change': { readonly next: string }
}

const setup = async (dir?: string, failure?: Error) => {
  const home = dir ?? (await createFolder())
  const events = new Emitter<Events>((error) => {
    throw error
  })
  const taps: ((frame: VideoFrame) => void)[] = []
  const sinks: Sinks = {
    video: (_track, onFrame) => {
      taps.push(onFrame)
      return () => void taps.splice(taps.indexOf(onFrame), 1)
    },
    audio: () => () => undefined,
  }
  const loadSinks = (): Promise<Sinks> => (failure ? Promise.reject(failure) : Promise.resolve(sinks))
  const group = { id: 'ourGroup', on: events.on.bind(events) }
  const errors: unknown[] = []
  const recording = new GroupRecording({ group, dir: home, loadSinks, report: (error) => errors.push(error) })
  const remote: RecordedStream = {
    from: 'ada',
    metadata: { kind: 'screen' },
    stream: { getTracks: () => [{ id: 'v', kind: 'video' }] },
  }
  return { home, events, taps, recording, remote, errors }
}

describe('the recording of a group', () => {
  it('is in a folder of its own, and whole when the group is left', async () => {
    const { home, events, taps, recording, remote, errors } = await setup()
    events.emit('stream:add', remote)
    await expect.poll(() => taps.length).toBe(1)
    taps[0]?.(createFrame(32, 24, 0))
    events.emit('state:change', { next: 'left' })
    await recording.closed
    expect([taps, errors]).toEqual([[], []])
    const [folder] = (await filesIn(home)) as [string]
    expect(basename(folder)).toBe('ourGroup')
    expect((await filesIn(folder)).map((path) => basename(path))).toEqual([
      expect.stringMatching(/^\d{8}T\d{9}Z_ada_screen\.y4m$/) as string,
    ])
  })

  it('ends a stream that was removed while the folder was made', async () => {
    const { events, taps, recording, remote } = await setup()
    events.emit('stream:add', remote)
    events.emit('stream:remove', remote)
    events.emit('state:change', { next: 'left' })
    await recording.closed
    expect(taps).toEqual([])
  })

  it('makes no folder for a group in which nobody sends anything', async () => {
    const { home, events, recording } = await setup()
    events.emit('state:change', { next: 'joined' })
    events.emit('state:change', { next: 'left' })
    await recording.closed
    expect(await filesIn(home)).toEqual([])
  })

  it('tells once that there is nothing to record with, and ends all the same', async () => {
    const missing = new Error('@roamhq/wrtc is not installed')
    const { events, recording, remote, errors } = await setup(undefined, missing)
    events.emit('stream:add', remote)
    events.emit('stream:update', remote)
    events.emit('state:change', { next: 'left' })
    await recording.closed
    expect(errors).toEqual([missing])
  })

  it('tells of a folder that cannot be made, and ends all the same', async () => {
    const file = join(await createFolder(), 'file')
    await writeFile(file, '')
    const { events, recording, remote, errors } = await setup(file)
    events.emit('stream:add', remote)
    await expect.poll(() => errors.length).toBe(1)
    events.emit('state:change', { next: 'left' })
    await recording.closed
  })
})
