const MAX_PART = 32

/** What any system takes as a part of a name, whatever it was. */
const part = (text: string, fallback: string): string => {
  const safe = text
    .replace(/[^a-z0-9_-]+/gi, '_')
    .slice(0, MAX_PART)
    .replace(/^[_-]+/, '')
  return safe === '' ? fallback : safe
}

/** What an application has said of a stream, if that is one of the usual words: `{ kind: 'camera' }`. */
const kindOf = (metadata: unknown): string => {
  const kind = (metadata as { readonly kind?: unknown } | null | undefined)?.kind
  return typeof kind === 'string' ? kind : ''
}

export interface Recorded {
  readonly from: string
  readonly metadata: unknown
}

/**
 * `20261130T123134567Z_<member>_<kind><detail><ending>`: in the order of time when sorted by name. Members choose their metadata, so
 * nothing of it is taken but letters and digits, and few of these.
 */
export const recordingName = (
  { from, metadata }: Recorded,
  startedMs: number,
  {
    detail = '',
    attempt = 0,
    ending,
  }: { readonly detail?: string; readonly attempt?: number; readonly ending: string },
): string => {
  const time = new Date(startedMs).toISOString().replace(/[-:.]/g, '')
  const again = attempt === 0 ? '' : `_${attempt + 1}`
  return `${time}_${part(from, 'member')}_${part(kindOf(metadata), 'stream')}${detail}${again}${ending}`
}
