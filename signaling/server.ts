import type { AddressInfo } from 'node:net'
import { createAdaptorServer, upgradeWebSocket, type HttpBindings, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import type { WebSocket } from 'ws'
import { SUBPROTOCOL } from '../sdk/protocol/server-frames.js'
import { AddressLimits } from './addresses.js'
import { DEFAULT_SIGNALING_LIMITS, type SignalingLimits } from './limits.js'
import { admitsOrigin, parseOrigins } from './origins.js'
import { createScriptRoutes, sendInfo } from './pages.js'
import { createWebSocketServer, Sockets } from './sockets.js'

export interface SignalingOptions {
  /** 0 takes a free one. @default 8787 */
  readonly port?: number
  /** The address to listen on; `0.0.0.0` or `::` for all. @default '127.0.0.1', so that nothing is open by accident */
  readonly host?: string
  /**
   * Origins of pages that may use this server, beyond those from its own host name (on any port) and from loopback:
   * exact ones like `https://app.example.org`, `null` for pages opened from a file, or `*` for every page.
   */
  readonly origins?: readonly string[]
  readonly limits?: Partial<SignalingLimits>
  /** The file that `/skein.js` serves, beside `skein-media.global.js`. @default the global script of this package */
  readonly script?: string
}

export interface SignalingServer {
  /** What clients dial, like `ws://127.0.0.1:8787`. The same address with `http` shows what the server is. */
  readonly url: string
  readonly port: number
  /**
   * Stops listening, tells every client when to come back, closes its socket with 1012 and settles when all of them
   * are closed, at most two seconds later. Idempotent; never rejects.
   */
  close(): Promise<void>
}

export interface Signaling {
  /** The Hono app behind `listen()`: `/`, `/health` and `/skein.js`. */
  readonly app: Hono<{ Bindings: HttpBindings }>
  /**
   * Starts to serve. Rejects when the address cannot be taken (`cause` says why), after which it may be called again;
   * otherwise it can be called once.
   */
  listen(): Promise<SignalingServer>
}

/**
 * Makes a signaling server: the place where members of a group find each other. It carries sealed set-up data and
 * keeps nothing but who is connected now.
 *
 * Throws a `RangeError` or `TypeError` for options that make no sense.
 *
 * @example
 * const server = await createSignaling({ port: 0, origins: ['https://app.example.org'] }).listen()
 * console.log(server.url)
 * await server.close()
 */
export const createSignaling = (options: SignalingOptions = {}): Signaling => {
  const { port = 8787, host = '127.0.0.1' } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`cannot listen on port ${port}: expected a whole number from 0 to 65535`)
  }
  if (typeof host !== 'string' || host === '') throw new TypeError('expected a host name or address')
  const origins = parseOrigins(options.origins ?? [])
  const limits = readLimits(options.limits)

  const sockets = new Sockets(limits)
  const addresses = new AddressLimits(limits)
  let stopping = false
  let listening = false

  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/', async (c) => {
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return sendInfo(c)
    if (stopping) return c.text('server stops', 503, { 'Retry-After': '2' })
    if (!admitsOrigin(c.req.header('origin'), c.req.header('host'), origins)) return c.text('origin refused', 403)
    if (!offersSubprotocol(c.req.header('sec-websocket-protocol'))) {
      return c.text(`expected the subprotocol ${SUBPROTOCOL}`, 400)
    }
    const address = c.env.incoming.socket.remoteAddress
    if (!addresses.admits(address, performance.now())) return c.text('too many sockets', 429, { 'Retry-After': '60' })
    return upgradeWebSocket(c, {
      // The socket itself, not its wrapper: that would copy every frame.
      onOpen: (_event, { raw }) => {
        sockets.accept(raw as unknown as WebSocket, addresses.open(address, performance.now()))
      },
    })
  })
  app.get('/health', (c) => {
    const { connections, rooms } = sockets.counts
    c.header('Cache-Control', 'no-store')
    return c.json({ status: 'ok', connections, rooms })
  })
  app.route('/', createScriptRoutes(options.script))

  const listen = async (): Promise<SignalingServer> => {
    if (listening) throw new Error('cannot listen: this signaling server has been started before')
    listening = true
    const server = createAdaptorServer({
      fetch: app.fetch,
      // The adapter would otherwise replace Request and Response for the whole process.
      overrideGlobalObjects: false,
      websocket: { server: createWebSocketServer() },
      serverOptions: { headersTimeout: limits.headersMs, connectionsCheckingInterval: limits.headersMs },
    })
    try {
      await bind(server, port, host)
    } catch (cause) {
      listening = false
      throw new Error(`cannot listen on ${host}:${port}: ${reasonOf(cause)}`, { cause })
    }
    const bound = (server.address() as AddressInfo).port

    const stop = async (): Promise<void> => {
      stopping = true
      const closed = new Promise((resolve) => server.close(resolve))
      await sockets.close()
      // Requests that never end would hold the server open.
      if ('closeAllConnections' in server) server.closeAllConnections()
      await closed
    }
    let stopped: Promise<void> | undefined
    return { url: `ws://${dialable(host)}:${bound}`, port: bound, close: () => (stopped ??= stop()) }
  }

  return { app, listen }
}

const readLimits = (given: Partial<SignalingLimits> = {}): SignalingLimits => {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_SIGNALING_LIMITS, name)) throw new RangeError(`there is no limit named "${name}"`)
    if (!(value > 0)) throw new RangeError(`cannot set limit ${name} to ${value}: expected a positive number`)
  }
  return { ...DEFAULT_SIGNALING_LIMITS, ...given }
}

const offersSubprotocol = (header: string | undefined): boolean =>
  header?.split(',').some((name) => name.trim() === SUBPROTOCOL) ?? false

const bind = (server: ServerType, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })

const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') return 'the port is in use'
  if (code === 'EACCES') return 'not permitted'
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'this machine has no such address'
  return String(code ?? cause)
}

const dialable = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
