import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Recorder, type RecordedStream, type RecorderOptions } from './recorder.js'
import type { Sinks } from './sinks.js'

/** What of a `WebGroup` is recorded. */
export interface RecordedGroup {
  /** Empty before it is joined. */
  readonly id: string
  on(name: 'stream:add' | 'stream:update' | 'stream:remove', listener: (remote: RecordedStream) => void): () => void
  on(name: 'state:change', listener: (change: { readonly next: string }) => void): () => void
}

export interface GroupRecordingOptions extends Omit<RecorderOptions, 'sinks'> {
  readonly group: RecordedGroup
  /** Asked when the first stream comes. */
  readonly loadSinks: () => Promise<Sinks>
}

/** All that the members of one group send, in a folder named after it below `dir`, from when it is joined until it is left. */
export class GroupRecording {
  /** Resolves when the group is left and all files are closed. Never rejects. */
  readonly closed: Promise<void>
  readonly #options: GroupRecordingOptions
  #recorder: Promise<Recorder | null> | null = null

  constructor(options: GroupRecordingOptions) {
    this.#options = options
    const { group } = options
    for (const name of ['stream:add', 'stream:update'] as const) {
      group.on(name, (remote) => this.#tell((recorder) => recorder.record(remote)))
    }
    group.on('stream:remove', (remote) => this.#tell((recorder) => recorder.remove(remote)))
    this.closed = new Promise((resolve) => {
      group.on('state:change', ({ next }) => {
        if (next !== 'left') return
        const recorder = this.#recorder
        // Joined anew it is recorded anew.
        this.#recorder = null
        void recorder?.then((found) => found?.close()).then(resolve)
        if (recorder === null) resolve()
      })
    })
  }

  /** In order, also while the folder is made. */
  #tell(act: (recorder: Recorder) => void): void {
    this.#recorder ??= this.#prepare()
    void this.#recorder.then((recorder) => recorder && act(recorder))
  }

  async #prepare(): Promise<Recorder | null> {
    const { group, loadSinks, ...options } = this.#options
    const dir = join(options.dir, group.id)
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      return new Recorder({ ...options, dir, sinks: await loadSinks() })
    } catch (error) {
      options.report(error)
      return null
    }
  }
}
