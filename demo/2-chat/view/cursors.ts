import { dyes } from '../../shared/colors.js'
import type { Place } from '../cursor.js'
import type { Person } from '../../shared/people.js'
import { create, createShape, element } from '../../shared/view/dom.js'

/** Where the conversation is; the cursors lie over it, and let every click through. */
const board = element('board', HTMLDivElement)
const layer = element('cursors', HTMLDivElement)

/** Pointers say more often than that where they are. */
const pauseMs = 50
/** Who has not moved for so long is reading, or away. */
const stillMs = 5_000
/** Nothing chases across a page whose reader prefers that: there a cursor shows where it has come to rest. */
const restMs = 300
const prefersStillness = matchMedia('(prefers-reduced-motion: reduce)')

interface Cursor {
  readonly element: HTMLElement
  timer: ReturnType<typeof setTimeout> | undefined
  rest: ReturnType<typeof setTimeout> | undefined
}

const cursors = new Map<string, Cursor>()

const hide = (id: string): void => {
  const cursor = cursors.get(id)
  if (cursor === undefined) return
  clearTimeout(cursor.timer)
  clearTimeout(cursor.rest)
  cursor.element.remove()
  cursors.delete(id)
}

const createCursor = ({ name, dye }: Person): Cursor => {
  const arrow = createShape('svg', { viewBox: '0 0 20 20' })
  arrow.append(createShape('path', { d: 'M2 2 17.5 8 10.5 10.5 8 17.5Z' }))
  const made = create('div', 'cursor', arrow, create('span', 'cursor-name', name))
  made.style.setProperty('--who', dyes[dye])
  return { element: made, timer: undefined, rest: undefined }
}

const put = ({ element: shown }: Cursor, { x, y }: Place): void => {
  shown.style.setProperty('--x', String(x))
  shown.style.setProperty('--y', String(y))
  // The name stays within, whatever corner the point of the arrow is in.
  shown.classList.toggle('at-end', x > 0.8)
  shown.classList.toggle('at-foot', y > 0.88)
  if (shown.parentNode === null) layer.append(shown)
}

/** Shows where this member points; with `null`, nowhere. */
export const showCursor = (person: Person, place: Place | null): void => {
  if (place === null) return hide(person.id)
  const cursor = cursors.get(person.id) ?? createCursor(person)
  cursors.set(person.id, cursor)
  clearTimeout(cursor.timer)
  cursor.timer = setTimeout(() => hide(person.id), stillMs)
  clearTimeout(cursor.rest)
  if (prefersStillness.matches) cursor.rest = setTimeout(() => put(cursor, place), restMs)
  else put(cursor, place)
}

export const hideCursors = (): void => {
  for (const id of [...cursors.keys()]) hide(id)
}

/** `onPoint` is told where my mouse or pen is over the conversation, with `null` when it is elsewhere. */
export const setUpCursors = (onPoint: (place: Place | null) => void): void => {
  let place: Place | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  board.addEventListener('pointermove', (event) => {
    // A finger that scrolls does not point.
    if (event.pointerType === 'touch') return
    const { left, top, width, height } = board.getBoundingClientRect()
    const fraction = (part: number): number => Math.round(Math.min(1, Math.max(0, part)) * 1e4) / 1e4
    place = { x: fraction((event.clientX - left) / width), y: fraction((event.clientY - top) / height) }
    timer ??= setTimeout(() => {
      timer = undefined
      onPoint(place)
    }, pauseMs)
  })
  board.addEventListener('pointerleave', () => {
    clearTimeout(timer)
    timer = undefined
    if (place !== null) onPoint((place = null))
  })
}
