import { describe, expect, it } from 'vitest'
import { Verified } from '../../sdk/group/verified.js'

const setup = (): Verified => {
  const verified = new Verified()
  verified.add({ identity: 'ada-1', name: 'Ada Lovelace' })
  verified.add({ identity: 'eve-1', name: 'Eve' })
  return verified
}

describe('a member that goes by the name of one who was verified, but for what nobody sees', () => {
  it.each([
    ['a space of no width', 'Ada\u200b Lovelace'],
    ['a joiner', 'A\u200dda Lovelace'],
    ['a word joiner at the end', 'Ada Lovelace\u2060'],
    ['a soft hyphen', 'Ada Love\u00adlace'],
    ['a mark that turns the direction', '\u200eAda Lovelace'],
    ['a filler that is a letter', 'Ada Lovelace\u3164'],
    ['a variation selector', 'Ada\ufe0f Lovelace'],
    ['tags', 'Ada Lovelace\u{e0041}'],
    ['a space of another width', 'Ada\u2003Lovelace'],
    ['two spaces', 'Ada  Lovelace'],
    ['letters of full width', '\uff21da Lovelace'],
  ])('%s: is taken for one who poses as it, and is not verified', (_what, name) => {
    const verified = setup()
    expect(verified.previous('mallory', { name })).toBe('ada-1')
    expect(verified.has('eve-1', { name })).toBe(false)
    expect(verified.has('ada-1', { name })).toBe(true)
  })

  it.each(['\u200b', ' \u3164 ', ''])('nothing but that is nobody else', (name) => {
    const verified = setup()
    verified.add({ identity: 'odd-1', name: '\u200b' })
    expect(verified.previous('mallory', { name })).toBeNull()
    expect(verified.has('eve-1', { name })).toBe(true)
  })
})
