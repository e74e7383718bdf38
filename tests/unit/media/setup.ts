import wrtc from '@roamhq/wrtc'
import { onTestFinished } from 'vitest'
import {
  WebGroup,
  webRTC,
  type GroupEvents,
  type RemoteStream,
  type WebGroupOptions,
} from '../../../sdk/group/index.js'
import { streamsOf, type OwnStream } from '../../../sdk/mesh/streams.js'
import type { RtcEngine } from '../../../sdk/platform/platform.js'
import { STREAM_KIND, STREAM_MODE } from '../../../sdk/protocol/streams.js'
import { createSignaling } from '../../../signaling/index.js'
import { Changes } from '../../support/changes.js'
import { createAudio, createVideo, mediaEngine, type TestTrack } from '../../support/wrtc-media.js'
import { waitUntil } from '../group/setup.js'

const use = ({ track, stop }: TestTrack): MediaStreamTrack => {
  onTestFinished(stop)
  return track
}
export const video = (brightness: number): MediaStreamTrack => use(createVideo(brightness))
export const audio = (): MediaStreamTrack => use(createAudio())
export const streamOf = (...tracks: MediaStreamTrack[]): MediaStream => new wrtc.MediaStream(tracks)

/** Members in this process over the WebRTC of Node and a real signaling server, gone when the test is. */
export const setup = async () => {
  const server = await createSignaling({ port: 0 }).listen()
  const groups: WebGroup[] = []
  onTestFinished(async () => {
    await Promise.all(groups.map((group) => group.leave()))
    await server.close()
  })
  const key = WebGroup.generateKey()
  const create = (options: WebGroupOptions = {}): WebGroup => {
    const group = new WebGroup({ signaling: server.url, ...options })
    groups.push(group)
    return group
  }
  const join = async (group: WebGroup): Promise<WebGroup> => {
    await group.join(key)
    return group
  }
  return { create, join, key }
}

/** As many as asked for, all of them seeing each other. */
export const setupMembers = async (count: number, options: WebGroupOptions = {}) => {
  const world = await setup()
  const members: WebGroup[] = []
  for (let i = 0; i < count; i++) members.push(await world.join(world.create(options)))
  await Promise.all(members.map((group) => waitUntil(group, () => group.members.length === count)))
  return { ...world, members: members as [WebGroup, WebGroup, WebGroup] }
}

/** Whether a member may have WebRTC with another; asked anew for each link. */
export const onlyWhere = (isAllowed: (memberId: string) => boolean): WebGroupOptions => ({
  transports: [webRTC({ rtc: (id) => (isAllowed(id) ? undefined : null) })],
})

const streamEvents = ['stream:add', 'stream:update', 'stream:remove', 'stream:unavailable', 'stream:lost'] as const
type StreamEvent = (typeof streamEvents)[number]

/** All that a member is told of streams, in order, and a way to wait for what comes. */
export class Watcher {
  readonly told: { readonly name: StreamEvent | 'member:join' | 'member:leave'; readonly event: unknown }[] = []
  readonly #changes = new Changes()

  constructor(group: WebGroup) {
    for (const name of [...streamEvents, 'member:join', 'member:leave'] as const) {
      group.on(name, (event) => {
        this.told.push({ name, event })
        this.#changes.tell()
      })
    }
  }

  all<Name extends StreamEvent>(name: Name): GroupEvents[Name][] {
    return this.told.flatMap((it) => (it.name === name ? [it.event as GroupEvents[Name]] : []))
  }

  names(): string[] {
    return this.told.map(({ name }) => name)
  }

  /** The event of this name that comes as number `count`. */
  async nth<Name extends StreamEvent>(name: Name, count: number): Promise<GroupEvents[Name]> {
    await this.until(() => this.all(name).length >= count)
    return this.all(name)[count - 1] as GroupEvents[Name]
  }

  until(isSo: () => boolean): Promise<void> {
    return this.#changes.until(isSo)
  }
}

/** The one track of this kind in a stream. */
export const trackOf = (
  { stream }: Pick<RemoteStream, 'stream'>,
  kind: 'audio' | 'video' = 'video',
): MediaStreamTrack => {
  const [track, ...others] = stream.getTracks().filter((each) => each.kind === kind)
  if (track === undefined || others.length > 0) throw new Error(`there is not one ${kind} track in the stream`)
  return track
}

/** The WebRTC of Node with its connections in hand, newest last. */
export const createWatchedEngine = () => {
  const connections: RTCPeerConnection[] = []
  const Watched = function (configuration?: RTCConfiguration) {
    const connection = new wrtc.RTCPeerConnection(configuration)
    connections.push(connection)
    return connection
  }
  const engine = { ...mediaEngine, RTCPeerConnection: Watched as unknown as RtcEngine['RTCPeerConnection'] }
  /** Kinds of what is sent now. */
  const sending = () =>
    connections
      .filter(({ connectionState }) => connectionState === 'connected')
      .flatMap((connection) => connection.getSenders().flatMap(({ track }) => (track === null ? [] : [track.kind])))
      .sort()
  return { transports: [webRTC({ rtc: () => engine })], connections, sending }
}

const speakers = new WeakMap<WebGroup, Promise<OwnStream>>()

/** What a member with a program of its own can say of its media, to whomever it likes. */
export const speak = async (group: WebGroup, to: string, bytes: Uint8Array): Promise<void> => {
  const own =
    speakers.get(group) ??
    new Promise<OwnStream>((resolve) => {
      streamsOf(group).onStreams((hub) => resolve(hub.own(STREAM_KIND.MEDIA, STREAM_MODE.MESSAGES, 'media')))
    })
  speakers.set(group, own)
  await (await own).send(to, bytes, { confirm: true })
}
