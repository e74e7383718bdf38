import { MAX_MEDIA_SLOTS } from '../protocol/limits.js'
import { equalBytes } from '../util/bytes.js'
import { parseFingerprint } from './fingerprint.js'

/** One section of a session description. */
interface Section {
  readonly kind: string
  readonly mid: string
}

/** What stays as it is in all descriptions of one connection by one side. */
export interface Described {
  readonly sections: readonly Section[]
  /** The names that ICE knows this side by. A new one would begin ICE anew. */
  readonly ufrags: ReadonlySet<string>
}

export const readDescription = (sdp: string): Described => {
  const sections = sdp
    .split(/^m=/m)
    .slice(1)
    .map((section) => ({ kind: /^\S*/.exec(section)?.[0] ?? '', mid: /^a=mid:(\S*)/m.exec(section)?.[1] ?? '' }))
  return { sections, ufrags: new Set([...sdp.matchAll(/^a=ice-ufrag:(\S*)/gm)].map(([, name = '']) => name)) }
}

/**
 * Why a later description of the other side is not to be applied, or `null` when it may be: it goes on from `before`
 * and adds nothing but media over the same transport under the same certificate.
 */
export const findFault = (sdp: string, fingerprint: Uint8Array, before: Described): string | null => {
  const named = parseFingerprint(sdp)
  if (named === null || !equalBytes(named, fingerprint)) return 'another certificate'
  const { sections, ufrags } = readDescription(sdp)
  if (![...ufrags].every((name) => before.ufrags.has(name))) return 'another transport'
  const stays = before.sections.every(
    ({ kind, mid }, index) => sections[index]?.kind === kind && sections[index].mid === mid,
  )
  if (!stays) return 'sections that were there are not'
  const added = sections.slice(before.sections.length)
  if (!added.every(({ kind }) => kind === 'audio' || kind === 'video')) return 'a section of another kind'
  for (const kind of ['audio', 'video']) {
    if (sections.filter((section) => section.kind === kind).length > MAX_MEDIA_SLOTS) return `too much ${kind}`
  }
  const mids = new Set(sections.map(({ mid }) => mid))
  if (mids.size !== sections.length || mids.has('')) return 'sections without names of their own'
  // One that is not in the bundle would get a transport of its own, and another handshake.
  const bundles = [...sdp.matchAll(/^a=group:BUNDLE (.*?)\s*$/gm)].map(([, names = '']) => names.split(' '))
  if (bundles.length !== 1 || ![...mids].every((mid) => bundles[0]?.includes(mid))) return 'a transport of its own'
  return null
}
