import { dyes } from '../../shared/colors.js'
import { createDisc } from '../../shared/view/disc.js'
import { create, element, setText } from '../../shared/view/dom.js'
import type { Keeping, Strip } from '../keeping.js'

const list = element('keeping', HTMLUListElement)
const words = element('keeping-words', HTMLParagraphElement)
const legend = element('keeping-legend', HTMLParagraphElement)

interface StripView {
  readonly element: HTMLElement
  readonly name: HTMLElement
  readonly cells: HTMLElement
  readonly count: HTMLElement
}

interface ChapterView {
  readonly element: HTMLElement
  readonly head: HTMLElement
  readonly key: string
  readonly count: HTMLElement
  readonly rows: HTMLElement
  strips: Map<string, StripView>
}

let chapters = new Map<string, ChapterView>()

const createStrip = (): StripView => {
  const name = create('span', 'strip-name')
  const cells = create('span', 'cells')
  cells.ariaHidden = 'true'
  const count = create('span', 'strip-count')
  return { element: create('li', 'strip', name, ' ', cells, ' ', count), name, cells, count }
}

const keyOf = ({ name, dye, isMine }: Keeping): string => JSON.stringify([name, dye, isMine])

const createChapter = (keeping: Keeping): ChapterView => {
  const { name, dye, isMine } = keeping
  const count = create('span', 'chapter-count')
  const title = create('h3', '', name, isMine ? create('span', 'you', ' (you)') : '')
  const head = create('div', 'chapter-head', createDisc({ name, dye, isBot: false }), title, ' ', count)
  const rows = create('ul', 'strips')
  const item = create('li', 'chapter', head, rows)
  item.style.setProperty('--who', dyes[dye])
  return { element: item, head, key: keyOf(keeping), count, rows, strips: new Map() }
}

const replaceIfOther = (parent: HTMLElement, children: readonly HTMLElement[]): void => {
  const isSame = children.length === parent.children.length && children.every((one, at) => one === parent.children[at])
  if (!isSame) parent.replaceChildren(...children)
}

/** Cells that stay are changed in place: what fills them moves. */
const showStrip = (view: StripView, { person, isMe, count, cells }: Strip, length: number): void => {
  setText(view.name, isMe ? 'This device' : person.name)
  setText(view.count, count === length ? 'all' : `${count} of ${length}`)
  view.element.classList.toggle('whole', count === length)
  while (view.cells.childElementCount > cells.length) view.cells.lastElementChild?.remove()
  while (view.cells.childElementCount < cells.length) view.cells.append(create('i', ''))
  view.cells.style.setProperty('--count', String(cells.length))
  cells.forEach((part, at) => {
    const cell = view.cells.children[at] as HTMLElement
    cell.style.setProperty('--part', String(part))
    cell.classList.toggle('here', part > 0)
  })
}

const showChapter = (view: ChapterView, keeping: Keeping): void => {
  const { length, strips } = keeping
  setText(view.count, length === 1 ? '1 note' : `${length} notes`)
  const next = new Map<string, StripView>()
  for (const strip of strips) {
    const id = strip.isMe ? 'me' : strip.person.id
    const one = view.strips.get(id) ?? createStrip()
    showStrip(one, strip, length)
    next.set(id, one)
  }
  replaceIfOther(
    view.rows,
    [...next.values()].map((one) => one.element),
  )
  view.strips = next
}

/** Who has which notes, and what that means in a sentence. */
export const showKeeping = (all: readonly Keeping[], sentence: string): void => {
  setText(words, sentence)
  const next = new Map<string, ChapterView>()
  for (const keeping of all) {
    const known = chapters.get(keeping.id)
    const view = known?.key === keyOf(keeping) ? known : createChapter(keeping)
    showChapter(view, keeping)
    next.set(keeping.id, view)
  }
  replaceIfOther(
    list,
    [...next.values()].map((view) => view.element),
  )
  chapters = next
  legend.hidden = all.length === 0
}
