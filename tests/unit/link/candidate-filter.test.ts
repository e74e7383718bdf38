import { expect, it } from 'vitest'
import { CandidateFilter } from '../../../sdk/link/candidate-filter.js'

const candidate = (transport: string, address: string, port: number, type: string): string =>
  `candidate:1 1 ${transport} 2113937151 ${address} ${port} typ ${type} generation 0`

it('CandidateFilter lets one candidate through for each address of the host and transport', () => {
  const filter = new CandidateFilter()
  const given = [
    candidate('udp', '192.0.2.1', 1000, 'host'),
    candidate('udp', '192.0.2.1', 1001, 'host'),
    candidate('tcp', '192.0.2.1', 9, 'host'),
    candidate('udp', '2001:db8::1', 1002, 'host'),
    candidate('udp', '0b7f7a3c-9f0f-4d4f-8f0e-5d7a0b1c2d3e.local', 1003, 'host'),
  ]
  expect(given.map((line) => filter.isNew(line))).toEqual([true, false, true, true, true])
})

it('CandidateFilter lets all through that servers have found, since each port is a mapping of its own', () => {
  const filter = new CandidateFilter()
  const given = [1, 2, 3].map((port) => candidate('udp', '198.51.100.1', port, 'srflx'))
  expect([...given, candidate('udp', '198.51.100.2', 1, 'relay')].every((line) => filter.isNew(line))).toBe(true)
})

it('CandidateFilter lets through what it does not understand', () => {
  const filter = new CandidateFilter()
  expect(['', 'candidate:1', ''].map((line) => filter.isNew(line))).toEqual([true, true, true])
})
