import type { Addressee, Letter } from './history.js'

const SMALL = 100
/** In several pieces over most links. */
const LONG = 40_000
/** Under way for a while: what a fault happens in the middle of. */
const HUGE = 200_000

const sizeOf = (number: number): number => (number % 199 === 0 ? HUGE : number % 23 === 0 ? LONG : SMALL)

/** Differs for every two messages, so that pieces of one in another are seen. */
const fill = (author: string, number: number): string => `${author}${number}.`.repeat(sizeOf(number) / 25)

/** A message that says whose it is, and whom it is for. Not all are of one size. */
export const writeLetter = (author: string, number: number, addressee: Addressee): string =>
  `${author} ${number} ${addressee}\n${fill(author, number)}`

export const readLetter = (data: string | Uint8Array): Letter => {
  const text = typeof data === 'string' ? data : ''
  const [author = '', digits = '', addressee = ''] = text.slice(0, text.indexOf('\n')).split(' ')
  const number = Number(digits)
  return { author, number, addressee, intact: text === writeLetter(author, number, addressee) }
}
