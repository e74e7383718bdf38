import type { RemoteStream, WebGroup } from 'skein'
import type { Devices } from '../shared/devices.js'
import type { People, Person } from '../shared/people.js'
import type { Tile } from '../shared/view/wall.js'
import { unavailableInWords } from '../shared/words.js'
import type { Sender } from './sender.js'

/** What the others of one group show and say, as tiles for the wall. */
export class Call {
  readonly #group: WebGroup
  readonly #people: People
  readonly #streams = new Map<MediaStream, RemoteStream>()
  /** Whose streams cannot come. */
  readonly #unavailable = new Set<string>()
  #speaker: string | null = null
  isSoundBlocked = false

  constructor(group: WebGroup, people: People, handlers: { onChange(): void; onNews(words: string): void }) {
    this.#group = group
    this.#people = people
    const onChange = (): void => handlers.onChange()
    group.on('stream:add', (added) => {
      this.#streams.set(added.stream, added)
      this.#unavailable.delete(added.from)
      if (added.metadata === 'screen') handlers.onNews(`${people.get(added.from).name} shares a screen`)
      onChange()
    })
    group.on('stream:update', onChange)
    group.on('stream:remove', ({ stream }) => {
      this.#streams.delete(stream)
      onChange()
    })
    group.on('stream:unavailable', ({ from }) => {
      this.#unavailable.add(from)
      onChange()
    })
    group.on('speaker:change', ({ id }) => {
      this.#speaker = id
      onChange()
    })
    group.on('state:change', ({ next }) => {
      // What belongs to a join that is over is gone without a word.
      if (next !== 'joined') this.#streams.clear()
    })
    group.on('audio:blocked', () => {
      this.isSoundBlocked = true
      onChange()
    })
  }

  /** To be called by what a click or a key does. */
  async startSound(): Promise<void> {
    await this.#group.startAudio()
    this.isSoundBlocked = false
  }

  /** The others as they came, and me as the last. */
  tiles(me: Person, devices: Devices, { screen }: Sender): readonly Tile[] {
    const mine = { person: me, isMe: true, quality: null, words: '' }
    const face = { key: 'me', isScreen: false, source: devices.view, hasPicture: devices.isOn('video') }
    const sound = { isSilent: !devices.isOn('audio'), isSpeaking: false }
    const tiles = [
      ...this.#group.peers.flatMap(({ id, path }) => this.#tilesOf(id, path === 'none')),
      { ...mine, ...face, ...sound },
    ]
    if (screen === null) return tiles
    const shared = { key: 'my screen', isScreen: true, source: screen, hasPicture: true }
    return [...tiles, { ...mine, ...shared, isSilent: false, isSpeaking: false }]
  }

  #tilesOf(id: string, isAway: boolean): Tile[] {
    const streams = [...this.#streams.values()].filter(({ from }) => from === id)
    const camera = streams.find(({ metadata }) => metadata !== 'screen') ?? null
    const words = isAway ? 'Out of reach at the moment' : this.#unavailable.has(id) ? unavailableInWords : ''
    const person = this.#people.get(id)
    const quality = this.#group.stats().media.find((link) => link.id === id)?.quality ?? null
    const face: Tile = {
      key: id,
      person,
      isMe: false,
      isScreen: false,
      source: camera,
      hasPicture: camera !== null && camera.stream.getVideoTracks().length > 0 && !camera.muted.video,
      isSilent: camera !== null && (camera.muted.audio || camera.stream.getAudioTracks().length === 0),
      isSpeaking: this.#speaker === id,
      quality,
      words,
    }
    const screens = streams.filter(({ metadata }) => metadata === 'screen')
    return [
      face,
      ...screens.map((source) => {
        const shared = { key: source.stream.id, isScreen: true, source, hasPicture: true }
        return { ...face, ...shared, isSilent: false, isSpeaking: false, quality: null }
      }),
    ]
  }
}
