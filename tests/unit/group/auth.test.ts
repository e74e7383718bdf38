import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { deriveGroupKeys, loadSodium, type AuthProvider } from '../../../sdk/crypto/index.js'
import { createSuite } from '../../../sdk/crypto/noise-suite.js'
import { allowList, anonymous, resolveAuth, sharedSecret } from '../../../sdk/group/auth.js'
import { configure, resolveOptions, type WebGroupOptions } from '../../../sdk/group/options.js'
import { WebGroup } from '../../../sdk/group/index.js'
import { encodeBase64url } from '../../../sdk/util/base64url.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'

const text = 'marigold-and-juniper'
const identity = encodeBase64url(new Uint8Array(32).fill(1))
const other = encodeBase64url(new Uint8Array(32).fill(2))

const thrownBy = (run: () => unknown): Error => {
  try {
    run()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was thrown')
}

const secretOf = (provider: AuthProvider): string => Buffer.from(provider.secret ?? []).toString('hex')

const suite = createSuite({ sodium: await loadSodium(), random: (size) => new Uint8Array(size) })
const pskOf = (provider: AuthProvider): string => {
  const { admissions } = deriveGroupKeys(suite, new Uint8Array(32), [provider])
  return Buffer.from(admissions[0]?.psk ?? []).toString('hex')
}

describe('anonymous', () => {
  it('asks for nothing and lets everybody in', () => {
    expect(anonymous()).toEqual({ id: 'anonymous' })
    expect(Object.isFrozen(anonymous())).toBe(true)
  })
})

describe('sharedSecret', () => {
  it('is the same for a text and for its bytes, and for texts that Unicode holds to be the same', () => {
    expect(secretOf(sharedSecret('café'))).toBe(Buffer.from('café').toString('hex'))
    expect(pskOf(sharedSecret('cafe\u0301'))).toBe(pskOf(sharedSecret('caf\u00e9')))
    expect(pskOf(sharedSecret(encodeUtf8('caf\u00e9')))).toBe(pskOf(sharedSecret('cafe\u0301')))
    expect(pskOf(sharedSecret(text))).not.toBe(pskOf(sharedSecret(`${text} `)))
  })

  it('takes bytes as they are, without NFC', () => {
    expect(secretOf(sharedSecret(encodeUtf8('cafe\u0301')))).toBe(Buffer.from('cafe\u0301').toString('hex'))
  })

  it('copies bytes', () => {
    const bytes = new Uint8Array(32).fill(7)
    const provider = sharedSecret(bytes)
    bytes.fill(0)
    expect(secretOf(provider)).toBe('07'.repeat(32))
  })

  it('takes 1 to 4,096 bytes', () => {
    expect(sharedSecret('x'.repeat(4_096)).secret).toHaveLength(4_096)
    expect(sharedSecret(new Uint8Array(1)).secret).toHaveLength(1)
    for (const bad of ['', 'x'.repeat(4_097), 'é'.repeat(2_049), new Uint8Array(), new Uint8Array(4_097)]) {
      expect(() => sharedSecret(bad)).toThrow(RangeError)
    }
  })

  it.each([undefined, null, 7, {}, [text], new ArrayBuffer(8), new Uint16Array(4), Symbol(text), () => text])(
    'throws a TypeError for %o',
    (bad) => {
      expect(() => sharedSecret(bad as string)).toThrow(TypeError)
    },
  )

  it('quotes no secret in an error', () => {
    const long = text.repeat(300)
    for (const bad of [long, encodeUtf8(long), [text], { text }, new String(text)]) {
      const error = thrownBy(() => sharedSecret(bad as string))
      expect(inspect(error)).not.toContain(text)
    }
  })

  it('shows its secret to nothing that prints, copies or lists it', () => {
    const provider = sharedSecret(text)
    const printed = [
      JSON.stringify(provider),
      JSON.stringify({ ...provider }),
      JSON.stringify(Object.entries(provider)),
      inspect(provider, { depth: Infinity }),
      inspect({ provider, list: [provider] }, { depth: Infinity }),
      inspect(provider, { compact: false, sorted: true }),
      JSON.stringify(structuredClone(provider)),
    ]
    for (const line of printed) {
      expect(line).not.toContain(text)
      expect(line).not.toContain(String(text.charCodeAt(0)))
    }
    expect(Object.keys(provider)).toEqual(['id'])
    expect(Object.keys({ ...provider })).toEqual(['id'])
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(sharedSecret(text))).toBe(true)
  })
})

describe('allowList', () => {
  it('lets in whom it names', () => {
    const list = allowList([identity])
    expect([list.admits?.(identity), list.admits?.(other), list.secret]).toEqual([true, false, undefined])
  })

  it('copies the list, and may be empty', () => {
    const identities = [identity]
    const list = allowList(identities)
    identities.push(other)
    expect(list.admits?.(other)).toBe(false)
    expect(allowList([]).admits?.(identity)).toBe(false)
  })

  it.each([undefined, null, identity, {}, new Set([identity]), [7], [null], [{ id: identity }]])(
    'throws a TypeError for %o',
    (bad) => {
      expect(() => allowList(bad as string[])).toThrow(TypeError)
    },
  )

  it.each([
    '',
    identity.slice(1),
    `${identity}A`,
    `${identity}=`,
    ` ${identity}`,
    '+'.repeat(43),
    'x'.repeat(43),
    'e'.repeat(100_000),
  ])('throws a RangeError for an identity that is none: %.50s', (bad) => {
    const error = thrownBy(() => allowList([identity, bad]))
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toContain('entry 2')
    if (bad !== '') expect(error.message).not.toContain(bad.slice(0, 20))
  })
})

describe('the option auth', () => {
  const resolve = (auth: unknown) => () => resolveOptions({ auth } as WebGroupOptions)

  it('is anonymous when it is not given', () => {
    expect(resolveOptions({}).auth).toEqual([{ id: 'anonymous' }])
    expect(resolveOptions({ auth: undefined }).auth).toEqual([{ id: 'anonymous' }])
  })

  it('takes one provider or several, in their order, and copies the list', () => {
    const list = [sharedSecret(text), anonymous()]
    const { auth } = resolveOptions({ auth: list })
    list.pop()
    expect(auth.map(({ id }) => id)).toEqual(['shared-secret', 'anonymous'])
    expect(resolveOptions({ auth: anonymous() }).auth).toHaveLength(1)
    expect(Object.isFrozen(auth)).toBe(true)
  })

  it('takes eight providers of your own', () => {
    const own = Array.from({ length: 8 }, (_, index) => ({ id: `own-${index}` }))
    expect(resolveOptions({ auth: own }).auth).toHaveLength(8)
    expect(resolve([...own, anonymous()])).toThrow(RangeError)
  })

  it('takes an instance of a class, whose members are not its own', () => {
    class Door {
      get id(): string {
        return 'door'
      }
      get secret(): Uint8Array {
        return encodeUtf8(text)
      }
      admits(given: string): boolean {
        return given === identity && this.id === 'door'
      }
    }
    const door = new Door()
    expect(resolveOptions({ auth: door }).auth).toEqual([door])
    expect(pskOf(door)).toBe(pskOf({ id: 'door', secret: encodeUtf8(text) }))
    const { admissions } = deriveGroupKeys(suite, new Uint8Array(32), [door])
    expect(admissions[0]?.admits(new Uint8Array(32).fill(1))).toBe(true)
    expect(admissions[0]?.admits(new Uint8Array(32).fill(2))).toBe(false)
  })

  it.each<[string, unknown]>([
    ['an empty list', []],
    ['nine', Array.from({ length: 9 }, (_, index) => ({ id: `own-${index}` }))],
    ['the same twice', [anonymous(), anonymous()]],
    ['two secrets', [sharedSecret('x'), sharedSecret('y')]],
  ])('throws a RangeError for %s', (_what, auth) => {
    expect(resolve(auth)).toThrow(RangeError)
    expect(() => new WebGroup({ auth } as WebGroupOptions)).toThrow(RangeError)
    expect(() => configure({ auth } as WebGroupOptions)).toThrow(RangeError)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', text],
    ['a function', () => anonymous()],
    ['what makes providers', anonymous],
    ['a list of lists', [[anonymous()]]],
    ['no id', {}],
    ['an empty id', { id: '' }],
    ['an id of 33 characters', { id: 'x'.repeat(33) }],
    ['capitals in the id', { id: 'Own' }],
    ['a space in the id', { id: 'my own' }],
    ['an id that begins with a dash', { id: '-own' }],
    ['an id that is none', { id: 7 }],
    ['a text for a secret', { id: 'own', secret: text }],
    ['a secret of null', { id: 'own', secret: null }],
    ['a list for admits', { id: 'own', admits: [identity] }],
  ])('throws a TypeError for %s', (_what, auth) => {
    expect(resolve(auth)).toThrow(TypeError)
    expect(() => new WebGroup({ auth } as WebGroupOptions)).toThrow(TypeError)
    expect(() => configure({ auth } as WebGroupOptions)).toThrow(TypeError)
    expect(inspect(thrownBy(resolve(auth)))).not.toContain(text)
  })

  it('takes an id of 32 characters', () => {
    expect(resolveAuth('', { id: 'a0-'.padEnd(32, 'x') })).toHaveLength(1)
  })

  describe('of configure', () => {
    afterEach(() => configure({ auth: anonymous() }))

    it('is what groups made from then on have, unless they have their own', () => {
      configure({ auth: sharedSecret(text) })
      expect(resolveOptions({}).auth.map(pskOf)).toEqual([pskOf(sharedSecret(text))])
      expect(resolveOptions({ auth: anonymous() }).auth.map(({ id }) => id)).toEqual(['anonymous'])
      configure({ lingerMs: 10_000 })
      expect(resolveOptions({}).auth.map(({ id }) => id)).toEqual(['shared-secret'])
    })
  })
})

describe('what a provider says of an identity', () => {
  const admissionOf = (admits: (given: string) => unknown) => {
    const errors: unknown[] = []
    const provider = { id: 'own', admits } as AuthProvider
    const { admissions } = deriveGroupKeys(suite, new Uint8Array(32), [provider], (error) => errors.push(error))
    return { errors, isAdmitted: admissions[0]?.admits(new Uint8Array(32).fill(1)) }
  }

  it('is asked by the 43 characters that peers show', () => {
    expect(admissionOf((given) => given === identity)).toEqual({ errors: [], isAdmitted: true })
  })

  it('counts as no when it throws, and is reported', () => {
    const error = new Error('the list could not be read')
    const { errors, isAdmitted } = admissionOf(() => {
      throw error
    })
    expect([errors, isAdmitted]).toEqual([[error], false])
  })

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['an empty text', () => ''],
    ['a text', () => 'yes'],
    ['a number', () => 1],
    ['an object', () => ({})],
    ['a promise of yes', async () => true],
    ['a promise that rejects', () => Promise.reject(new Error('asked in vain'))],
  ])('counts as no when it is no boolean but %s, and is reported', (_what, answer) => {
    const { errors, isAdmitted } = admissionOf(answer)
    expect([errors, isAdmitted]).toEqual([[expect.any(TypeError)], false])
  })
})
