import { dyes } from '../colors.js'
import type { Person } from '../people.js'
import { createDisc } from './disc.js'
import { create, element } from './dom.js'
import { createTextWithLinks } from './text-with-links.js'

const log = element('log', HTMLDivElement)
const list = element('messages', HTMLOListElement)
const empty = element('empty', HTMLDivElement)

/** Older ones go, so that a page left open for days stays light. */
const maxItems = 500
/** After that long a pause, or after someone else, the name is shown again. */
const runMs = 3 * 60_000

/** A reader who has scrolled up stays there; anyone else sees what is new, also when the room for it changes. */
let isAtEnd = true
let knownHeight = 0
const scroll = (): void => {
  if (isAtEnd) log.scrollTop = log.scrollHeight
  knownHeight = log.scrollHeight
}
log.addEventListener('scroll', () => {
  // Not the reader's doing: a card has become lower and then higher, and nobody was told yet.
  if (log.scrollHeight !== knownHeight) return
  isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
})
const resized = new ResizeObserver(scroll)
resized.observe(log)

let run: { readonly from: string; readonly atMs: number } | null = null

const append = (item: HTMLElement): void => {
  list.append(item)
  // A picture shows its height only once it is loaded.
  resized.observe(item)
  while (list.childElementCount > maxItems) list.firstElementChild?.remove()
  scroll()
}

const createItem = (from: Person, isMine: boolean, body: HTMLElement): HTMLElement => {
  const nowMs = Date.now()
  const continues = run?.from === from.id && nowMs - run.atMs < runMs
  run = { from: from.id, atMs: nowMs }
  const item = create('li', isMine ? 'message mine' : 'message theirs')
  item.classList.toggle('continues', continues)
  item.style.setProperty('--who', dyes[from.dye])
  const time = create('time', '', new Date(nowMs).toLocaleTimeString([], { timeStyle: 'short' }))
  time.dateTime = new Date(nowMs).toISOString()
  const name = create('strong', '', isMine ? 'You' : from.name)
  const head = create('span', continues ? 'head hidden' : 'head', createDisc(from), name, ' ', time)
  item.append(head, ' ', body)
  return item
}

let hasBegun = false

/** Once something has been said, the words for an empty conversation are gone for good. */
const begin = (): void => {
  hasBegun = empty.hidden = true
}

export const showText = (from: Person, text: string, isMine: boolean): void => {
  begin()
  append(createItem(from, isMine, create('span', 'text', createTextWithLinks(text))))
}

export const showCard = (from: Person, card: HTMLElement, isMine: boolean): void => {
  begin()
  append(createItem(from, isMine, card))
}

/** `tone` tells what happened from what went wrong. */
export const showEvent = (text: string, tone: 'calm' | 'trouble' = 'calm'): void => {
  run = null
  append(create('li', `event ${tone}`, text))
}

export const hasConversationBegun = (): boolean => hasBegun
