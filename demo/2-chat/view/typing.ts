import type { Person } from '../../shared/people.js'
import { typingInWords } from '../words.js'
import { element, setText } from '../../shared/view/dom.js'

const line = element('typing', HTMLParagraphElement)
const words = element('typing-words', HTMLSpanElement)
const said = element('typing-said', HTMLSpanElement)

/** Whoever pauses and goes on is not said aloud each time; the eye sees it all the same. */
const repeatAfterMs = 30_000
const saidAtMs = new Map<string, number>()

export const showTyping = (people: readonly Person[]): void => {
  line.classList.toggle('busy', people.length > 0)
  // The words stay while they fade, and are for the eye alone.
  if (people.length > 0) setText(words, typingInWords(people.map(({ name }) => name)))
  const nowMs = performance.now()
  const isNews = people.some(({ id }) => nowMs - (saidAtMs.get(id) ?? -Infinity) > repeatAfterMs)
  for (const { id } of people) if (isNews) saidAtMs.set(id, nowMs)
  if (people.length === 0) setText(said, '')
  else if (isNews) setText(said, typingInWords(people.map(({ name }) => name)))
}
