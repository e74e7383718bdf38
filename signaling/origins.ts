/** Checks and normalizes the `origins` option. Throws a `RangeError` for anything that no browser would send. */
export const parseOrigins = (origins: readonly string[]): ReadonlySet<string> =>
  new Set(
    origins.map((origin) => {
      if (origin === '*' || origin === 'null') return origin
      const url = parseUrl(origin)
      if (url === null || url.host === '' || !/^[a-z][a-z0-9+.-]*:\/\/[^/?#@*]+\/?$/i.test(origin)) {
        throw new RangeError(
          `cannot admit origin ${JSON.stringify(origin)}: expected one like "https://app.example.org"`,
        )
      }
      return `${url.protocol}//${url.host}`
    }),
  )

/**
 * Whether a page of this origin may open a socket. Pages from the host that was dialled, on any port, and from
 * loopback always may; so may whatever sends no Origin at all, for only browsers do and only they can be misled.
 * Nothing is granted by a cookie here, so the rule keeps strangers' pages from using the server, no more.
 */
export const admitsOrigin = (
  origin: string | undefined,
  host: string | undefined,
  allowed: ReadonlySet<string>,
): boolean => {
  if (origin === undefined || allowed.has('*')) return true
  // What a page opened from a file sends, and a sandboxed frame of any site.
  if (origin === 'null') return allowed.has('null')
  const url = parseUrl(origin)
  if (url === null) return false
  if (allowed.has(`${url.protocol}//${url.host}`)) return true
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
  return isLoopback(url.hostname) || (host !== undefined && url.hostname === parseUrl(`http://${host}`)?.hostname)
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127\.\d+\.\d+\.\d+$/.test(hostname)

const parseUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)
