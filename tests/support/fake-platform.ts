import { platform } from '#platform'
import type { Platform } from '../../sdk/platform/platform.js'

/** The platform of Node with a clock and timers that move only when told. */
export const createFakePlatform = (): { platform: Platform; advance(ms: number): void; readonly timers: number } => {
  let nowMs = 0
  const timers = new Set<{ readonly atMs: number; readonly fn: () => void }>()
  return {
    platform: {
      ...platform,
      now: () => nowMs,
      setTimer: (ms, fn) => {
        const timer = { atMs: nowMs + ms, fn }
        timers.add(timer)
        return () => void timers.delete(timer)
      },
    },
    advance: (ms) => {
      const endMs = nowMs + ms
      for (;;) {
        const [next] = [...timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)
        if (next === undefined) break
        timers.delete(next)
        nowMs = next.atMs
        next.fn()
      }
      nowMs = endMs
    },
    get timers() {
      return timers.size
    },
  }
}
