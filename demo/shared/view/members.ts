import type { Person } from '../people.js'
import { createDisc } from './disc.js'
import { create, element, setText } from './dom.js'

export interface MemberRow {
  readonly person: Person
  /** `me`, or the kind of path. */
  readonly kind: 'me' | 'direct' | 'relayed' | 'none'
  readonly how: string
  readonly rtt: string
}

interface Row {
  readonly element: HTMLElement
  readonly key: string
  readonly how: HTMLElement
  readonly rtt: HTMLElement
}

const list = element('members', HTMLUListElement)
const count = element('people-count', HTMLSpanElement)
let rows = new Map<string, Row>()

const keyOf = ({ id, name, dye, isBot }: Person): string => JSON.stringify([id, name, dye, isBot])

const createRow = (person: Person): Row => {
  const how = create('span', 'how')
  const rtt = create('span', 'rtt')
  rtt.title = 'Time there and back'
  const name = create('span', 'member', person.name)
  if (person.isBot) name.append(' ', create('span', 'tag', 'bot'))
  return { element: create('li', '', createDisc(person), name, ' ', how, ' ', rtt), key: keyOf(person), how, rtt }
}

/** Rows that stay are changed in place, so that neither focus nor a reading cursor is lost. */
export const showMembers = (wanted: readonly MemberRow[]): void => {
  const next = new Map<string, Row>()
  for (const { person, kind, how, rtt } of wanted) {
    const known = rows.get(person.id)
    const row = known?.key === keyOf(person) ? known : createRow(person)
    row.element.className = kind
    setText(row.how, how)
    setText(row.rtt, rtt)
    next.set(person.id, row)
  }
  const elements = [...next.values()].map((row) => row.element)
  if (elements.length !== list.children.length || elements.some((one, index) => one !== list.children[index])) {
    list.replaceChildren(...elements)
  }
  rows = next
  setText(count, String(wanted.length))
}
