import type { Peer } from 'skein'
import { dyeFor, isDye, type Dye } from './colors.js'
import { firstLetters } from './letters.js'

/** A member as the page shows it. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly dye: Dye
  readonly isBot: boolean
}

export const nameLength = 40

/** What a member says of itself is its own word: it may be anything. */
export const personOf = ({ id, profile, bot }: Pick<Peer, 'id' | 'profile' | 'bot'>): Person => {
  const { name, color } = profile
  const said = typeof name === 'string' ? firstLetters(name.trim(), nameLength) : ''
  return {
    id,
    name: said !== '' ? said : `${bot ? 'Bot' : 'Someone'} ${id.slice(0, 4)}`,
    dye: isDye(color) ? color : dyeFor(id),
    isBot: bot,
  }
}

/** Two letters at most: of the first and the last word. */
export const initialsOf = (name: string): string => {
  const words = name.split(/\s+/).filter((word) => word !== '')
  const last = words.length > 1 ? (words.at(-1) ?? '') : ''
  return (firstLetters(words[0] ?? '?', 1) + firstLetters(last, 1)).toLocaleUpperCase()
}

/** Everyone seen since the page was opened. Those who have left stay known: what they said is still there. */
export class People {
  readonly #known = new Map<string, Person>()

  remember(peer: Pick<Peer, 'id' | 'profile' | 'bot'>): Person {
    const person = personOf(peer)
    this.#known.set(person.id, person)
    return person
  }

  get(id: string): Person {
    return this.#known.get(id) ?? personOf({ id, profile: {}, bot: false })
  }
}
