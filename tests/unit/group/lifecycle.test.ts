import { describe, expect, it } from 'vitest'
import type { Join } from '../../../sdk/group/join.js'
import { allowedMoves, Lifecycle, WebGroupState, type Stage, type StateChange } from '../../../sdk/group/lifecycle.js'

/** The lifecycle only carries it. */
const join = Object.create(null) as Join
const stages: Record<WebGroupState, Stage> = {
  left: { name: 'left' },
  joining: { name: 'joining', join },
  joined: { name: 'joined', join },
  leaving: { name: 'leaving', join, done: Promise.resolve() },
}
/** The shortest way to each state. */
const waysTo: Record<WebGroupState, readonly WebGroupState[]> = {
  left: [],
  joining: ['joining'],
  joined: ['joining', 'joined'],
  leaving: ['joining', 'joined', 'leaving'],
}
const rows: readonly (readonly [WebGroupState, WebGroupState, boolean])[] = [
  ['left', 'left', false],
  ['left', 'joining', true],
  ['left', 'joined', false],
  ['left', 'leaving', false],
  ['joining', 'left', true],
  ['joining', 'joining', false],
  ['joining', 'joined', true],
  ['joining', 'leaving', true],
  ['joined', 'left', false],
  ['joined', 'joining', false],
  ['joined', 'joined', false],
  ['joined', 'leaving', true],
  ['leaving', 'left', true],
  ['leaving', 'joining', false],
  ['leaving', 'joined', false],
  ['leaving', 'leaving', false],
]

const setup = (state: WebGroupState) => {
  const changes: StateChange[] = []
  const lifecycle = new Lifecycle((change) => changes.push(change))
  for (const step of waysTo[state]) lifecycle.move(stages[step], 'setup')
  changes.length = 0
  return { lifecycle, changes }
}

describe('Lifecycle', () => {
  it('begins as left', () => {
    expect(new Lifecycle(() => undefined).stage).toEqual({ name: 'left' })
  })

  it.each(rows)('from %s to %s: %s', (from, to, allowed) => {
    const { lifecycle, changes } = setup(from)
    if (allowed) {
      lifecycle.move(stages[to], 'because')
      expect(lifecycle.stage).toBe(stages[to])
      expect(changes).toEqual([{ previous: from, next: to, reason: 'because' }])
    } else {
      expect(() => {
        lifecycle.move(stages[to], 'because')
      }).toThrow(`"${from}" does not lead to "${to}"`)
      expect(lifecycle.stage.name).toBe(from)
      expect(changes).toEqual([])
    }
  })

  it('has a row above for every move there could be', () => {
    const states = Object.values(WebGroupState)
    expect(rows).toHaveLength(states.length ** 2)
    for (const [from, to, allowed] of rows) expect(allowedMoves[from].includes(to)).toBe(allowed)
  })

  it('shows the new stage to whoever hears of the change', () => {
    const seen: string[] = []
    const lifecycle: Lifecycle = new Lifecycle(() => seen.push(lifecycle.stage.name))
    lifecycle.move(stages.joining, 'join')
    expect(seen).toEqual(['joining'])
  })
})
