import { setText } from './dom.js'

const places = [...document.querySelectorAll<HTMLElement>('[data-trouble]')]

/** What went wrong while the rest goes on; empty when it is over. */
export const showTrouble = (words: string): void => {
  for (const place of places) {
    setText(place, words)
    place.hidden = words === ''
  }
}
