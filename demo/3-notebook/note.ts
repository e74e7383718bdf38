import { dyeFor, isDye, type Dye } from '../shared/colors.js'
import { firstLetters } from '../shared/letters.js'
import { nameLength } from '../shared/people.js'

/** One entry of a notebook, as its author wrote it. */
export interface Note {
  readonly text: string
  readonly name: string
  readonly dye: Dye
  readonly atMs: number
}

/** Well below what a block of a log takes, whatever the letters. */
export const textLength = 8_000

/** What stands in the log. */
export const writeNote = ({ text, name, dye, atMs }: Note): object => ({ note: text, name, color: dye, at: atMs })

/** `null` for what is no note: logs of others may have whatever they like. A time to come is now. */
export const readNote = (value: unknown, nowMs: number): Note | null => {
  if (typeof value !== 'object' || value === null) return null
  const { note, name, color, at } = value as Readonly<Record<string, unknown>>
  if (typeof note !== 'string' || typeof name !== 'string' || typeof at !== 'number') return null
  const [text, said] = [note.trim().slice(0, textLength), firstLetters(name.trim(), nameLength)]
  if (text === '' || !Number.isFinite(at)) return null
  return {
    text,
    name: said === '' ? 'Someone' : said,
    dye: isDye(color) ? color : dyeFor(said),
    atMs: Math.min(Math.max(at, 0), nowMs),
  }
}
