import type { WebGroup } from '../sdk/index.js'

/** Long enough for a page to reload. */
const DEFAULT_LINGER_MS = 10_000

/** Makes this group be left once nobody else has been in it for `lingerMs`. */
export const watchForBeingAlone = (group: WebGroup, lingerMs: number | undefined): void => {
  let timer: NodeJS.Timeout | undefined
  const review = (): void => {
    clearTimeout(timer)
    if (group.state !== 'joined' || group.peers.length > 0) return
    timer = setTimeout(() => void group.leave(), lingerMs ?? DEFAULT_LINGER_MS)
  }
  for (const name of ['state:change', 'member:join', 'member:leave'] as const) group.on(name, review)
}
