import { dyes } from '../../shared/colors.js'
import { createDisc } from '../../shared/view/disc.js'
import { create, element, setText } from '../../shared/view/dom.js'
import { createTextWithLinks } from '../../shared/view/text-with-links.js'
import type { Note } from '../note.js'

/** A note as the page shows it. */
export interface ShownNote extends Note {
  /** The same for the same note, whatever else comes. */
  readonly key: string
  readonly isMine: boolean
}

const scroller = element('scroller', HTMLDivElement)
const list = element('notes', HTMLOListElement)
const empty = element('empty', HTMLDivElement)
const earlier = element('earlier', HTMLButtonElement)

/** So many at first, and with each wish for more. */
const step = 200
/** After that long a pause, or after someone else, the name is shown again. */
const runMs = 10 * 60_000

let limit = step
let items = new Map<string, HTMLElement>()
let known: readonly ShownNote[] = []

/** A reader who has scrolled up stays there; anyone else sees what is new, also when the room for it changes. */
let isAtEnd = true
let knownHeight = 0
const scroll = (): void => {
  if (isAtEnd) scroller.scrollTop = scroller.scrollHeight
  knownHeight = scroller.scrollHeight
}
scroller.addEventListener('scroll', () => {
  if (scroller.scrollHeight !== knownHeight) return
  isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40
})
new ResizeObserver(scroll).observe(scroller)

const dayOf = (ms: number): string => new Date(ms).toDateString()

const dayInWords = (ms: number): string => {
  const day = new Date(ms)
  const today = new Date()
  if (day.toDateString() === today.toDateString()) return 'Today'
  today.setDate(today.getDate() - 1)
  if (day.toDateString() === today.toDateString()) return 'Yesterday'
  const year = day.getFullYear() === new Date().getFullYear() ? {} : ({ year: 'numeric' } as const)
  return day.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', ...year })
}

const createDay = (ms: number): HTMLElement => create('li', 'day', create('h2', '', dayInWords(ms)))

const createItem = (note: ShownNote): HTMLElement => {
  const time = create('time', '', new Date(note.atMs).toLocaleTimeString([], { timeStyle: 'short' }))
  time.dateTime = new Date(note.atMs).toISOString()
  const name = create('strong', '', note.name, note.isMine ? create('span', 'you', ' (you)') : '')
  const head = create('span', 'note-head', name, ' ', time)
  const item = create(
    'li',
    'note',
    createDisc({ ...note, isBot: false }),
    head,
    ' ',
    create('span', 'note-text', createTextWithLinks(note.text)),
  )
  item.style.setProperty('--who', dyes[note.dye])
  return item
}

const byTime = (a: ShownNote, b: ShownNote): number => a.atMs - b.atMs || (a.key < b.key ? -1 : 1)

const render = (): void => {
  const shown = known.slice(-limit)
  earlier.hidden = shown.length === known.length
  const next = new Map<string, HTMLElement>()
  let previous: ShownNote | undefined
  for (const note of shown) {
    if (previous === undefined || dayOf(previous.atMs) !== dayOf(note.atMs)) {
      const day = `day ${dayOf(note.atMs)}`
      next.set(day, items.get(day) ?? createDay(note.atMs))
      previous = undefined
    }
    const item = items.get(note.key) ?? createItem(note)
    const isOfRun = previous?.name === note.name && previous.dye === note.dye
    item.classList.toggle('continues', isOfRun && note.atMs - (previous?.atMs ?? 0) < runMs)
    next.set(note.key, item)
    previous = note
  }
  // What stays is not touched, so that neither focus nor a reading cursor is lost.
  for (const [key, item] of items) if (!next.has(key)) item.remove()
  let at = list.firstElementChild
  for (const item of next.values()) {
    if (item === at) at = at.nextElementSibling
    else list.insertBefore(item, at)
  }
  items = next
  scroll()
}

earlier.addEventListener('click', () => {
  const first = list.querySelector('.note')
  limit += step
  isAtEnd = false
  render()
  first?.scrollIntoView()
  if (earlier.hidden) scroller.focus()
})

/** All that is here, in the order of time. */
export const showNotes = (notes: readonly ShownNote[]): void => {
  if (notes.length === known.length && notes.every(({ key }) => items.has(key) || known.length > limit)) {
    const keys = new Set(known.map(({ key }) => key))
    if (notes.every(({ key }) => keys.has(key))) return
  }
  known = [...notes].sort(byTime)
  render()
}

/** Another notebook begins as this one did. */
export const clearNotes = (): void => {
  known = []
  limit = step
  isAtEnd = true
  render()
}

/** The words in the middle while there are no notes; none while it is not known whether there are. */
export const showEmpty = (why: 'alone' | 'together' | null): void => {
  empty.hidden = why === null || known.length > 0
  list.hidden = known.length === 0
  setText(
    element('empty-text', HTMLParagraphElement),
    why === 'together'
      ? 'Nobody has written anything yet. What you write is on this device first, and with the others a moment later.'
      : 'Write something down. It stays on this device, also when you close the page, and goes to everyone who opens the link.',
  )
  element('empty-share', HTMLButtonElement).hidden = why !== 'alone'
}
