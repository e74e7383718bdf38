import { describe, expect, it } from 'vitest'
import type { SecretStore } from '../../sdk/platform/platform.js'

/** What holds for every place that secrets are kept in. `open` gives an empty one, as often as it is asked for it. */
export const describeSecrets = (name: string, open: () => Promise<() => Promise<SecretStore>>): void => {
  describe(`secrets in ${name}`, () => {
    it('are not there before they were added', async () => {
      const store = await (await open())()
      expect(await store.get('identities', 'ada')).toBeNull()
      expect(await store.all('identities')).toEqual([])
    })

    it('are there once added, for whoever opens the place anew', async () => {
      const reopen = await open()
      expect(await (await reopen()).add('identities', 'ada', 'one')).toBe('one')
      const store = await reopen()
      expect(await store.get('identities', 'ada')).toBe('one')
      expect(await store.all('identities')).toEqual(['one'])
    })

    it('are never replaced: who comes second is given what was there', async () => {
      const store = await (await open())()
      await store.add('identities', 'ada', 'one')
      expect(await store.add('identities', 'ada', 'two')).toBe('one')
      expect(await store.get('identities', 'ada')).toBe('one')
    })

    it('are one for all that add at once', async () => {
      const reopen = await open()
      const stores = await Promise.all(Array.from({ length: 16 }, reopen))
      const given = await Promise.all(stores.map((store, index) => store.add('identities', 'ada', `from ${index}`)))
      expect(new Set(given).size).toBe(1)
      expect(await (await reopen()).all('identities')).toEqual([given[0]])
    })

    it('are kept apart by kind', async () => {
      const store = await (await open())()
      await store.add('identities', 'ada', 'one')
      expect(await store.get('verified', 'ada')).toBeNull()
      expect(await store.add('verified', 'ada', 'two')).toBe('two')
      expect(await store.get('identities', 'ada')).toBe('one')
    })

    it('are kept apart by name, whatever is in it', async () => {
      const store = await (await open())()
      const names = ['a', 'A', '.', '..', '../a', '/a', 'a/b', 'a\\b', 'a\0b', 'con', 'CON', '%63on', 'caf\u00e9']
      names.push('cafe\u0301', '\u{1f600}', ' a', 'a ', 'a.', 'x'.repeat(64), '\u{1f600}'.repeat(64), 'y'.repeat(600))
      for (const name of names) expect(await store.add('verified', name, `of ${name}`)).toBe(`of ${name}`)
      for (const name of names) expect(await store.get('verified', name)).toBe(`of ${name}`)
      expect([...(await store.all('verified'))].sort()).toEqual(names.map((name) => `of ${name}`).sort())
    })

    it('keep texts of any length as they are', async () => {
      const store = await (await open())()
      for (const text of ['', '\n', 'ein \u00dcbel\u{1f600}', 'x'.repeat(100_000)]) {
        await store.add('identities', `of ${text.length}`, text)
        expect(await store.get('identities', `of ${text.length}`)).toBe(text)
      }
    })
  })
}
