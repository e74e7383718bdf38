import type { Server } from 'node:http'
import type { WebGroup, WebGroupOptions } from '../sdk/index.js'
import { WebGroupBotServer, type WebGroupBotServerOptions } from './bot-server.js'

export type ReadyMadeOptions = Omit<WebGroupBotServerOptions, 'server'> & { readonly server: Server }

/** Larger messages are for people, and would only be sent twice. */
const MAX_ECHO_BYTES = 65_536
/** What a process can hold; a page could not. */
const RELAY_LINKS = 256

const size = (data: string | Uint8Array): number => data.length

const echo = (group: WebGroup): void => {
  group.on('message', ({ from, data, to }) => {
    const isBot = group.peers.find(({ id }) => id === from)?.bot
    // Two echoes would talk to each other for ever.
    if (isBot !== false || size(data) > MAX_ECHO_BYTES) return
    const sent = to === 'all' ? group.send(data) : group.sendTo(from, data)
    // Whoever has left meanwhile misses nothing.
    sent.catch(() => undefined)
  })
}

const withProfile = (options: WebGroupOptions | undefined, name: string): WebGroupOptions => ({
  ...options,
  profile: { name, ...options?.profile },
})

/** Sends back what it hears, the same way it came: to all, or to the sender alone. Messages up to 64 KiB; not to bots. */
export const createEchoBot = (options: ReadyMadeOptions): WebGroupBotServer => {
  const bot = new WebGroupBotServer({ ...options, webGroupOptions: withProfile(options.webGroupOptions, 'Echo') })
  bot.onWebGroup = echo
  return bot
}

/** Says nothing: it stands between members that cannot connect with each other. Links with up to 256 members. */
export const createRelayBot = (options: ReadyMadeOptions): WebGroupBotServer => {
  const { webGroupOptions } = options
  const limits = { maxLinks: RELAY_LINKS, ...webGroupOptions?.limits }
  const relay = { ...withProfile(webGroupOptions, 'Relay'), limits }
  return new WebGroupBotServer({ ...options, webGroupOptions: relay })
}
