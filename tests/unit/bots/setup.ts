import { createServer, type Server } from 'node:http'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { WebGroupBotServer, type WebGroupBotServerOptions } from '../../../bots/index.js'
import { WebGroup, type WebGroupOptions } from '../../../sdk/group/index.js'
import { createMemoryNetwork } from '../../../sdk/link/memory.js'
import { LINK_SUBPROTOCOL } from '../../../sdk/protocol/socket-frames.js'
import { createSignaling } from '../../../signaling/index.js'
import { listen, untilNoConnections } from '../../support/socket-servers.js'

export const code = (value: string, message = ''): unknown =>
  expect.objectContaining({ name: 'SkeinError', code: value, message: expect.stringContaining(message) as unknown })

/**
 * A signaling server, and bots that only sockets lead to. When the test is over everything is left and closed, and no
 * connection to a bot's server may be open.
 */
export const setupBots = async () => {
  const network = createMemoryNetwork()
  const signaling = await createSignaling({ port: 0 }).listen()
  const groups: WebGroup[] = []
  const closings: (() => Promise<void>)[] = []

  const createGroup = (options: WebGroupOptions = {}): WebGroup => {
    const group = new WebGroup({ signaling: signaling.url, transports: [network.transport], ...options })
    group.on('error', () => undefined)
    groups.push(group)
    return group
  }

  const join = async (key?: string, options?: WebGroupOptions): Promise<WebGroup> => {
    const group = createGroup(options)
    await group.join(key)
    return group
  }

  const startBot = async (options: Partial<WebGroupBotServerOptions> = {}, server = createWebServer()) => {
    const address = server.listening ? '' : await listen(server)
    // Nobody but sockets leads to it.
    const webGroupOptions = { transports: [createMemoryNetwork().transport], ...options.webGroupOptions }
    const bot = new WebGroupBotServer({ server, ...options, webGroupOptions })
    const errors: unknown[] = []
    bot.onError = (error) => errors.push(error)
    const hosted: WebGroup[] = []
    bot.onWebGroup = (group) => {
      hosted.push(group)
    }
    closings.push(async () => {
      await bot.close()
      await untilNoConnections(server)
    })
    return { bot, server, url: address + (options.url ? new URL(options.url).pathname : ''), errors, hosted }
  }

  onTestFinished(async () => {
    await Promise.all(groups.map((group) => group.leave()))
    await Promise.all(closings.map((close) => close()))
    await signaling.close()
  })
  return { network, signaling, createGroup, join, startBot }
}

/** One that answers whatever is no socket, as one without a listener would not. */
export const createWebServer = (): Server => createServer((_request, response) => response.writeHead(404).end())

/** A socket that the test speaks on as a member would. */
export const dialBot = async (url: string) => {
  const socket = new WebSocket(url, [LINK_SUBPROTOCOL])
  onTestFinished(() => socket.terminate())
  const frames: Uint8Array[] = []
  const watchers = new Set<() => void>()
  socket.on('message', (data: Buffer) => {
    frames.push(new Uint8Array(data))
    for (const watcher of watchers) watcher()
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  /** The next frame that was not taken yet. */
  const next = (): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const frame = frames.shift()
        if (frame === undefined) return
        watchers.delete(look)
        resolve(frame)
      }
      watchers.add(look)
      void closed.then((status) => reject(new Error(`closed with ${status}`)))
      look()
    })
  return { socket, next, closed }
}
