import { decodeBase64url } from '../util/base64url.js'
import type { Profile } from './options.js'

const IDENTITY_BYTES = 32

/** That a person has made sure whose identity this is: of the one who goes by this name. */
export interface VerifiedName {
  /** 43 characters. */
  readonly identity: string
  /** As `nameOf` gives it. */
  readonly name: string
}

/** What a member calls itself, in the form in which names are kept; empty when it does not. */
export const nameOf = (profile: Profile): string => {
  const { name } = profile
  return typeof name === 'string' ? name.normalize('NFC').trim() : ''
}

/** Of names that a reader cannot tell apart, one: what has no ink and widths do not count. */
const comparable = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/\s+/g, ' ')
    .trim()

export const writeVerifiedName = ({ identity, name }: VerifiedName): string => JSON.stringify({ identity, name })

/** `null` for what `writeVerifiedName` would not have written. */
export const readVerifiedName = (text: string): VerifiedName | null => {
  try {
    const { identity, name } = JSON.parse(text) as Partial<Record<'identity' | 'name', unknown>>
    if (typeof identity !== 'string' || decodeBase64url(identity)?.length !== IDENTITY_BYTES) return null
    return typeof name === 'string' && name !== '' ? { identity, name } : null
  } catch {
    return null
  }
}

/** Whose identities a person has made sure of. One person may have several, and one identity several names. */
export class Verified {
  readonly #identities = new Set<string>()
  readonly #byName = new Map<string, Set<string>>()

  add({ identity, name }: VerifiedName): void {
    this.#identities.add(identity)
    const key = comparable(name)
    if (key !== '') this.#byName.set(key, (this.#byName.get(key) ?? new Set()).add(identity))
  }

  /** Not for one that goes by the name of somebody else who was verified, whatever it called itself before. */
  has(identity: string, profile: Profile): boolean {
    return this.#identities.has(identity) && this.previous(identity, profile) === null
  }

  /** The identity that was verified under the name in this profile, if there is one and this is none of them. */
  previous(identity: string, profile: Profile): string | null {
    const identities = this.#byName.get(comparable(nameOf(profile)))
    if (identities === undefined || identities.has(identity)) return null
    return [...identities].at(-1) ?? null
  }
}
