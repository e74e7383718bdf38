import { dyes } from '../colors.js'
import { initialsOf, type Person } from '../people.js'
import { create } from './dom.js'

type Shown = Pick<Person, 'name' | 'dye' | 'isBot'>

export const paintDisc = (disc: HTMLElement, { name, dye, isBot }: Shown): void => {
  disc.classList.toggle('bot', isBot)
  disc.style.setProperty('--who', dyes[dye])
  disc.textContent = name === '' ? '' : initialsOf(name)
}

/** Says nothing that the name beside it does not. */
export const createDisc = (person: Shown): HTMLElement => {
  const disc = create('span', 'disc')
  disc.ariaHidden = 'true'
  paintDisc(disc, person)
  return disc
}
