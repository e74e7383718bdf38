import { dyes } from '../../shared/colors.js'
import { firstLetters } from '../../shared/letters.js'
import { initialsOf } from '../../shared/people.js'
import { createShape } from '../../shared/view/dom.js'
import type { GraphNode } from './graph.js'

const discRadius = 17

const shortName = (name: string): string => {
  const first = name.split(/\s+/)[0] ?? name
  return first.length > 12 ? `${firstLetters(first, 11)}…` : first
}

/** A member: a disc in its colour with its initials, a square one for bots, a ring around mine. */
export const createNodeShape = ({ person, isMe }: GraphNode): SVGGElement => {
  const group = createShape('g', { class: isMe ? 'node me' : 'node' })
  const size = String(2 * discRadius)
  const title = createShape('title')
  title.textContent = isMe ? `${person.name} (you)` : person.name
  const inner = createShape('g', { class: 'appear' })
  if (isMe) inner.append(createShape('circle', { r: String(discRadius + 4), class: 'ring' }))
  inner.append(
    person.isBot
      ? createShape('rect', {
          x: String(-discRadius),
          y: String(-discRadius),
          width: size,
          height: size,
          rx: '8',
          fill: dyes[person.dye],
        })
      : createShape('circle', { r: String(discRadius), fill: dyes[person.dye] }),
  )
  const initials = createShape('text', { class: 'initials', dy: '0.35em' })
  initials.textContent = initialsOf(person.name)
  const name = createShape('text', { class: 'name', y: String(discRadius + 15) })
  name.textContent = isMe ? 'you' : shortName(person.name)
  inner.append(initials, name)
  group.append(title, inner)
  return group
}
