import { create } from './dom.js'

const address = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]']/g

/** The text with what looks like a web address made into a link; nothing else in it has a meaning. */
export const createTextWithLinks = (text: string): DocumentFragment => {
  const fragment = document.createDocumentFragment()
  let end = 0
  for (const match of text.matchAll(address)) {
    const link = create('a', '', match[0])
    link.href = match[0]
    link.target = '_blank'
    link.rel = 'noopener noreferrer'
    fragment.append(text.slice(end, match.index), link)
    end = match.index + match[0].length
  }
  fragment.append(text.slice(end))
  return fragment
}
