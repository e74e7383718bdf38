import { expect, it } from 'vitest'
import { LinkReports } from '../../../demo/2-chat/link-reports.js'
import { createGraph, graphInWords, wayBetween } from '../../../demo/2-chat/mesh/graph.js'
import type { Person } from '../../../demo/shared/people.js'

const personOf = (id: string): Person => ({ id, name: id, dye: 'slate', isBot: false })
const direct = (id: string) => ({ id, path: 'direct' as const, via: [] })
const relayed = (id: string, ...via: string[]) => ({ id, path: 'relayed' as const, via })

const graphOf = (peers: Parameters<typeof createGraph>[1], reports = new LinkReports()) =>
  createGraph(personOf('me'), peers, personOf, reports)

it('my own links come from my own paths, whatever others report', () => {
  const reports = new LinkReports()
  reports.set('bob', ['me'])
  expect(graphOf([direct('ada'), relayed('bob', 'ada')], reports).links).toEqual([{ a: 'me', b: 'ada', isMine: true }])
})

it('a link between others is there when neither end denies it', () => {
  const reports = new LinkReports()
  const isDrawn = (): boolean => graphOf([direct('ada'), direct('bob')], reports).links.length === 3
  expect(isDrawn()).toBe(false)
  reports.set('ada', ['me', 'bob'])
  expect(isDrawn()).toBe(true)
  reports.set('bob', ['me'])
  expect(isDrawn()).toBe(false)
  reports.set('bob', ['me', 'ada'])
  expect(isDrawn()).toBe(true)
  reports.forget('ada')
  reports.forget('bob')
  expect(isDrawn()).toBe(false)
})

it('a message runs along the way that it took, in either direction', () => {
  const graph = graphOf([direct('ada'), relayed('dave', 'ada', 'carol')])
  expect(wayBetween(graph, 'me', 'dave')).toEqual(['me', 'ada', 'carol', 'dave'])
  expect(wayBetween(graph, 'dave', 'me')).toEqual(['dave', 'carol', 'ada', 'me'])
  expect(wayBetween(graph, 'ada', 'me')).toEqual(['ada', 'me'])
})

it('the picture is told in words', () => {
  const words = (...peers: Parameters<typeof createGraph>[1]) => graphInWords(graphOf(peers), (id) => id)
  expect(words()).toBe('Picture of the mesh: only you so far')
  expect(words(direct('ada'), relayed('bob', 'ada'))).toBe(
    'Picture of the mesh: 3 members, one link. bob is reached through ada',
  )
})
