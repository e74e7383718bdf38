/** What each page under fault runs: one member that talks, and what is done to its links. `window.chaos` drives it. */
import { WebGroup, webRTC, webSocket } from 'skein'
import { RtcRules } from '../page/rtc-rules.js'
import { Reporter } from './reporter.js'
import { Talker } from './talker.js'

export interface StartOptions {
  readonly name: string
  readonly observer: string
  readonly signaling: string
  readonly key: string
  /** Ids of those that WebRTC never connects this one with. */
  readonly apart: readonly string[]
  readonly everyMs: number
  readonly maxLinks: number
}

const openSocket = (url: string): Promise<WebSocket> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url)
    socket.onopen = () => resolve(socket)
  })

/** The server may be down just now; a test of patience is none of this. */
const joinAtLast = async (group: WebGroup, key: string): Promise<void> => {
  for (;;) {
    try {
      await group.join(key)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

const rules = new RtcRules()
let group: WebGroup | null = null
let talker: Talker | null = null

const own = (): WebGroup => {
  if (group === null) throw new Error('chaos page has not been started')
  return group
}

const chaos = {
  /** Resolves with the member's id once it has joined. */
  start: async ({ name, observer, signaling, key, apart, everyMs, maxLinks }: StartOptions): Promise<string> => {
    for (const id of apart) rules.refused.add(id)
    const transports = [webRTC({ rtc: (id) => rules.engine(id) }), webSocket()]
    const made = new WebGroup({ signaling, transports, limits: { maxLinks } })
    group = made
    const reporter = new Reporter(await openSocket(observer), name, () => made.myId)
    talker = new Talker(made, reporter.report)
    await joinAtLast(made, key)
    talker.start(everyMs)
    return made.myId
  },
  stop: (): void => talker?.stop(),
  invite: (url: string): Promise<string> => own().invite(url),
  cut: (id: string): void => rules.cut(id),
  swallow: (id: string): void => rules.swallow(id),
  hold: (ids: readonly string[] | 'all'): void => rules.hold(ids),
  refuse: (id: string): void => {
    rules.refused.add(id)
    rules.cut(id)
  },
  allow: (id: string): void => void rules.refused.delete(id),
}

declare global {
  interface Window {
    chaos: typeof chaos
  }
}

window.chaos = chaos
