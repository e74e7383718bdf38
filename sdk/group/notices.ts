import type { EngineNotice } from '../mesh/events.js'
import type { PeerView } from '../mesh/options.js'
import { MESSAGE_STREAM } from '../protocol/streams.js'
import type { Application } from './group-core.js'
import type { GroupStreams } from './group-streams.js'
import type { Join } from './join.js'
import { createRefusedError } from './join-errors.js'
import type { Recognition } from './recognition.js'
import type { Snapshots } from './snapshots.js'

export interface NoticesOptions {
  readonly app: Application
  readonly snapshots: Snapshots
  readonly recognition: Recognition
  readonly streams: GroupStreams
}

/** Makes events of what engines tell while the group is joined. */
export class Notices {
  readonly #app: Application
  readonly #snapshots: Snapshots
  readonly #recognition: Recognition
  readonly #streams: GroupStreams

  constructor({ app, snapshots, recognition, streams }: NoticesOptions) {
    this.#app = app
    this.#snapshots = snapshots
    this.#recognition = recognition
    this.#streams = streams
  }

  handle(join: Join, notice: EngineNotice, view: PeerView | null): void {
    switch (notice.type) {
      case 'member:join':
        if (view) this.#tell('member:join', view)
        break
      case 'member:leave':
        if (!this.#snapshots.remove(notice.id)) return
        this.#streams.handleMember(notice.id, false)
        this.#app.emit('member:leave', { id: notice.id, reason: notice.reason })
        break
      case 'member:update':
        if (view && this.#snapshots.has(notice.id)) this.#tell('member:update', view)
        break
      case 'path:change':
        if (!view || !this.#snapshots.has(notice.id)) return
        this.#snapshots.put({ ...view, path: notice.path })
        this.#app.emit('link:change', {
          id: notice.id,
          path: notice.path.kind,
          via: Object.freeze([...notice.path.via]),
          previous: notice.previous.kind,
        })
        break
      case 'delivery:fail': {
        const { id, stream, code, count } = notice
        const channel = this.#streams.channelOf(join, stream)
        // Of files and duplexes, those who have them are told.
        if (stream !== MESSAGE_STREAM && channel === null) return
        this.#app.emit('delivery:fail', { id, code, count, ...(channel !== null && { channel }) })
        break
      }
      case 'refused':
        if (notice.isNews) this.#app.report(createRefusedError(notice))
        break
      case 'rejected':
      case 'joined':
      case 'left':
      case 'signaling:change':
        // The join and the state of signaling have been followed already.
        break
    }
  }

  #tell(name: 'member:join' | 'member:update', view: PeerView): void {
    const peer = this.#snapshots.put(view)
    this.#app.emit(name, { id: peer.id, peer })
    if (name === 'member:join') this.#streams.handleMember(peer.id, true)
    this.#recognition.check(peer)
  }
}
