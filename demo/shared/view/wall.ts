import { dyes } from '../colors.js'
import type { Person } from '../people.js'
import { qualityInWords, type Quality } from '../words.js'
import { paintDisc } from './disc.js'
import { create, createShape, element, setText } from './dom.js'

/** What can be shown in a video element. */
export interface Showable {
  attach(video: HTMLVideoElement): void
  detach(video: HTMLVideoElement): void
}

/** One picture on the wall: of a member, or of what it shows. */
export interface Tile {
  /** The same for the same, whatever else changes. */
  readonly key: string
  readonly person: Person
  /** Mine are mirrored, as one knows oneself. */
  readonly isMe: boolean
  readonly isScreen: boolean
  /** `null` while nothing comes, or nothing is sent. */
  readonly source: Showable | null
  readonly hasPicture: boolean
  readonly isSilent: boolean
  readonly isSpeaking: boolean
  /** `null` where nothing was measured. */
  readonly quality: Quality | null
  /** What there is to say where there is no picture. */
  readonly words: string
}

interface View {
  readonly element: HTMLElement
  readonly video: HTMLVideoElement
  readonly disc: HTMLElement
  readonly words: HTMLElement
  readonly name: HTMLElement
  readonly silent: HTMLElement
  readonly speaking: HTMLElement
  readonly quality: HTMLElement
  source: Showable | null
}

const stage = element('stage', HTMLUListElement)
const wall = element('wall', HTMLUListElement)
/** Stands among the others while there are none. */
const lonely = element('lonely', HTMLLIElement)
const views = new Map<string, View>()

const gap = 10
const widest = 16 / 9

/** As large as so many of the same size can be, side by side and below each other: neither slits nor towers. */
const fitTiles = (count: number, width: number, height: number, tallest: number): readonly [number, number] => {
  let best: readonly [number, number] = [0, 0]
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns)
    const [cellWidth, cellHeight] = [(width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows]
    const tileWidth = Math.min(cellWidth, cellHeight * widest)
    const tile = [tileWidth, Math.min(cellHeight, tileWidth / tallest)] as const
    if (tile[0] * tile[1] > best[0] * best[1]) best = tile
  }
  return best
}

const arrange = (list: HTMLElement): void => {
  const count = [...list.children].filter((tile) => !(tile as HTMLElement).hidden).length
  const [width, height] = fitTiles(count, list.clientWidth, list.clientHeight, list === stage ? widest : 1)
  list.style.setProperty('--tile-width', `${Math.floor(width)}px`)
  list.style.setProperty('--tile-height', `${Math.floor(height)}px`)
}

const resized = new ResizeObserver(() => [stage, wall].forEach(arrange))
for (const list of [stage, wall]) resized.observe(list)

const createIcon = (path: string): SVGSVGElement => {
  const icon = createShape('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' })
  icon.append(createShape('path', { d: path }))
  return icon
}

const createBars = (): HTMLElement =>
  create('span', 'bars', ...[1, 2, 3].map(() => create('i', '')), create('span', 'hidden'))

const createView = ({ person, isMe, isScreen }: Tile): View => {
  const video = create('video', isMe && !isScreen ? 'mirrored' : '')
  video.autoplay = video.playsInline = true
  video.ariaHidden = 'true'
  const disc = create('span', 'disc')
  disc.ariaHidden = 'true'
  const words = create('p', 'tile-words')
  const name = create('span', 'tile-name')
  const silent = create(
    'span',
    'silent',
    createIcon('M9 6a3 3 0 0 1 6 0v5m-1 3a3 3 0 0 1-5-2.5M5 11a7 7 0 0 0 11 5.7M12 18v3M4 3l16 18'),
    create('span', 'hidden', ', muted'),
  )
  const speaking = create('span', 'hidden', ', speaking')
  const quality = createBars()
  const plate = create('p', 'plate', silent, name, speaking, quality)
  const item = create('li', isScreen ? 'tile screen' : 'tile', video, create('div', 'face', disc, words), plate)
  item.style.setProperty('--who', dyes[person.dye])
  return { element: item, video, disc, words, name, silent, speaking, quality, source: null }
}

const showTile = (view: View, { person, isMe, isScreen, source, hasPicture, ...tile }: Tile): void => {
  if (view.source !== source) {
    view.source?.detach(view.video)
    view.source = source
    source?.attach(view.video)
  }
  view.element.classList.toggle('faceless', source === null || !hasPicture)
  view.element.classList.toggle('speaking', tile.isSpeaking)
  paintDisc(view.disc, person)
  setText(view.words, tile.words)
  const name = isMe ? 'You' : person.name
  setText(view.name, isScreen ? (isMe ? 'Your screen' : `Screen of ${person.name}`) : name)
  view.silent.hidden = !tile.isSilent
  view.speaking.hidden = !tile.isSpeaking
  view.quality.hidden = tile.quality === null
  if (tile.quality === null) return
  view.quality.dataset['quality'] = tile.quality
  view.quality.title = qualityInWords(tile.quality)
  setText(view.quality.lastElementChild as HTMLElement, `, ${qualityInWords(tile.quality)}`)
}

/** Tiles that stay are changed in place: a video that is moved in the document stands still for a moment. */
const place = (list: HTMLElement, wanted: readonly HTMLElement[]): void => {
  wanted.forEach((tile, at) => {
    if (list.children[at] !== tile) list.insertBefore(tile, list.children[at] ?? null)
  })
}

/** Everyone's picture; screens on a stage of their own, and others beside them. */
export const showWall = (tiles: readonly Tile[], isAlone: boolean): void => {
  for (const [key, view] of views) {
    if (tiles.some((tile) => tile.key === key)) continue
    view.source?.detach(view.video)
    view.element.remove()
    views.delete(key)
  }
  for (const tile of tiles) {
    const view = views.get(tile.key) ?? createView(tile)
    views.set(tile.key, view)
    showTile(view, tile)
  }
  const elementsOf = (isScreen: boolean): HTMLElement[] =>
    tiles.flatMap((tile) => (tile.isScreen === isScreen ? (views.get(tile.key)?.element ?? []) : []))
  lonely.hidden = !isAlone
  stage.hidden = !tiles.some(({ isScreen }) => isScreen)
  place(stage, elementsOf(true))
  place(wall, elementsOf(false))
  for (const list of [stage, wall]) arrange(list)
}
