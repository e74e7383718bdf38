import type { Dye } from '../shared/colors.js'
import type { Person } from '../shared/people.js'
import { namesInWords } from '../shared/words.js'
import type { Chapter } from './chapter.js'

/** Which notes of a chapter somebody has. */
export interface Strip {
  readonly person: Person
  readonly isMe: boolean
  readonly count: number
  /** How much of each cell is there, from 0 to 1: a cell is one note, or several where there are many. */
  readonly cells: readonly number[]
}

/** Who has what of one chapter. */
export interface Keeping {
  readonly id: string
  readonly name: string
  readonly dye: Dye
  readonly isMine: boolean
  readonly length: number
  readonly strips: readonly Strip[]
}

/** As many as can be told apart at the width of the picture. */
const maxCells = 48

/** One cell for each note; where there are more notes than cells, each stands for as many as the next, give or take one. */
export const createCells = (length: number, has: (at: number) => boolean): readonly number[] => {
  const count = Math.min(length, maxCells)
  return Array.from({ length: count }, (_, cell) => {
    const [start, end] = [Math.floor((cell * length) / count), Math.floor(((cell + 1) * length) / count)]
    let here = 0
    for (let at = start; at < end; at++) if (has(at)) here++
    return here / (end - start)
  })
}

const createStrip = (person: Person, isMe: boolean, length: number, has: (at: number) => boolean): Strip => {
  let count = 0
  for (let at = 0; at < length; at++) if (has(at)) count++
  return { person, isMe, count, cells: createCells(length, has) }
}

/** Of a chapter, with a strip for me and each of the others who are here. */
export const createKeeping = (chapter: Chapter, me: Person, others: readonly Person[]): Keeping => {
  const { length, author, notes, isMine, log } = chapter
  const peers = new Map(chapter.peers().map(({ id, bitfield }) => [id, bitfield]))
  return {
    id: log.url,
    name: author?.name ?? 'Someone',
    dye: author?.dye ?? 'slate',
    isMine,
    length,
    strips: [
      createStrip(me, true, length, (at) => notes.has(at)),
      ...others.map((person) => {
        const bitfield = peers.get(person.id)
        return createStrip(person, false, length, (at) => (((bitfield?.[at >> 3] ?? 0) >> (at & 7)) & 1) === 1)
      }),
    ],
  }
}

/** Where all that is written is, in a sentence or two. */
export const keepingInWords = (all: readonly Keeping[], hasBot: boolean): string => {
  if (all.length === 0) return 'Nothing is written yet.'
  const total = all.reduce((sum, { length }) => sum + length, 0)
  const counts = new Map<Person, number>()
  for (const { strips } of all) {
    for (const { person, isMe, count } of strips) if (!isMe) counts.set(person, (counts.get(person) ?? 0) + count)
  }
  const mine = all.reduce((sum, { strips }) => sum + (strips.find(({ isMe }) => isMe)?.count ?? 0), 0)
  const whole = [...counts].flatMap(([{ name }, count]) => (count === total ? [name] : []))
  const partly = [...counts].flatMap(([{ name }, count]) => (count < total ? [name] : []))
  const here =
    mine === total
      ? `This device has ${total === 1 ? 'the one note' : `all ${total} notes`}`
      : `This device has ${mine} of ${total} notes`
  const also = whole.length > 0 ? `, and so ${whole.length === 1 ? 'has' : 'have'} ${namesInWords(whole)}` : ''
  if (partly.length > 0) return `${here}${also}. On the way to ${namesInWords(partly)}.`
  if (also !== '') return `${here}${also}.`
  const advice = hasBot ? ' Invite the archive, and they are kept while everybody is away.' : ''
  return `${here}, and nobody else who is here.${total === 1 ? advice.replace('they are', 'it is') : advice}`
}
