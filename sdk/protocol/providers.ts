import { MAX_PROVIDERS, MAX_PROVIDER_ID_BYTES } from './limits.js'
import { decodeTexts, encodeTexts } from './text-list.js'

/** The provider whose admission asks for nothing but the group key. */
export const ANONYMOUS_PROVIDER = 'anonymous'

/** Ids of the auth providers of a member, best first, as a field's value; `null` for what an absent field says. */
export const encodeProviders = (ids: readonly string[]): Uint8Array | null =>
  ids.length === 1 && ids[0] === ANONYMOUS_PROVIDER ? null : encodeTexts(ids)

/** One for all: nearly everybody has no other. */
const ANONYMOUS_ALONE: readonly string[] = Object.freeze([ANONYMOUS_PROVIDER])

export const decodeProviders = (field: Uint8Array | undefined): readonly string[] =>
  field === undefined ? ANONYMOUS_ALONE : decodeTexts(field, { count: MAX_PROVIDERS, bytes: MAX_PROVIDER_ID_BYTES })
