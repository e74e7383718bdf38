import { expect, it } from 'vitest'
import { STREAM_MODE, type Opening } from '../../../sdk/protocol/streams.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const stallMs = 1_500
const full: Opening = { stream: 16, kind: 1, mode: STREAM_MODE.MESSAGES, name: 'full' }
const other: Opening = { stream: 17, kind: 1, mode: STREAM_MODE.MESSAGES, name: 'other' }

it('P17: a member that stalls on one stream gets all of the others, and goes on with what comes then', () => {
  const limits = { messageBytes: 1_048_576, maxLinks: 32, stallMs }
  const world = MeshWorld.joined(['ada', 'bob'], { limits })
  const [ada, bob] = world.members as [TestMember, TestMember]
  const send = (stream: number, what: string | Uint8Array): void => {
    const bytes = typeof what === 'string' ? encodeUtf8(what) : what
    ada.step({ type: 'submit', submission: 0, stream, to: bob.id, kind: 'binary', bytes })
  }
  const heard = (stream: number): string[] =>
    bob.received
      .filter((message) => message.stream === stream)
      .map(({ bytes }) => (bytes.length > 100 ? 'large' : new TextDecoder().decode(bytes)))
  for (const opening of [full, other]) {
    ada.step({ type: 'stream:open', opening })
    send(opening.stream, 'begun')
  }
  world.run(1_000)
  world.stall(ada, bob)
  for (const stream of [0, other.stream]) send(stream, 'before')
  for (let i = 0; i < 8; i++) send(full.stream, new Uint8Array(1_000_000))
  world.run(stallMs + 100)
  const failures = ada.notices.filter(({ type }) => type === 'delivery:fail')
  expect(failures).toEqual([
    { type: 'delivery:fail', id: bob.id, stream: full.stream, code: 'member-stalled', count: 5 },
  ])
  // Those that there was no room for had not been admitted.
  expect(ada.failures.map(({ failure }) => failure.code)).toEqual(Array(3).fill('member-stalled'))
  for (const stream of [0, other.stream, full.stream]) send(stream, 'meanwhile')
  world.resume(ada, bob)
  world.run(1_000)
  for (const stream of [0, other.stream, full.stream]) send(stream, 'then')
  world.run(1_000)
  expect(heard(0)).toEqual(['before', 'meanwhile', 'then'])
  expect(heard(other.stream)).toEqual(['begun', 'before', 'meanwhile', 'then'])
  expect(heard(full.stream).filter((text) => text !== 'large')).toEqual(['begun', 'meanwhile', 'then'])
  expect(ada.notices.filter(({ type }) => type === 'delivery:fail')).toHaveLength(failures.length)
})
