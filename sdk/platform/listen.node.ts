import type { IncomingMessage, Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type ServerOptions } from 'ws'
import type { SocketLike } from './platform.js'

/** How long a client may take to answer our close frame; then its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000

export interface ListenOptions {
  /** Whose upgrades are taken; listening, and everything else that it answers, is its owner's. */
  readonly server: Server | SecureServer
  /** The path that is dialled; others are left to other listeners. */
  readonly path: string
  readonly subprotocol: string
  /** The largest message; a socket with a larger one is closed. */
  readonly maxBytes: number
  /** Asked before each upgrade. `false` answers 503. */
  readonly admits: () => boolean
  /** A socket that is open. Binary messages arrive as `ArrayBuffer`. */
  readonly onSocket: (socket: SocketLike) => void
}

/** Nobody's after all, if nobody has answered by then. */
const UNCLAIMED_MS = 2_000

const leaveToOthers = (socket: Duplex & { readonly bytesWritten?: number }): void => {
  const timer = setTimeout(() => {
    if (socket.bytesWritten === 0) refuse(socket, '400 Bad Request')
  }, UNCLAIMED_MS)
  socket.once('close', () => clearTimeout(timer))
}

/** Paths that are taken, so that two do not take one socket: ws throws then, in the middle of an event. */
const takenPaths = new WeakMap<ListenOptions['server'], Set<string>>()

const takePath = (server: ListenOptions['server'], path: string): (() => void) => {
  const paths = takenPaths.get(server) ?? new Set()
  if (paths.has(path)) throw new RangeError(`cannot take sockets: the path "${path}" of this server is taken`)
  takenPaths.set(server, paths.add(path))
  return () => void paths.delete(path)
}

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

const offers = (request: IncomingMessage, subprotocol: string): boolean =>
  request.headers['sec-websocket-protocol']?.split(',').some((name) => name.trim() === subprotocol) ?? false

/**
 * Takes WebSockets off an HTTP server. The result stops that and closes the sockets that are still open.
 *
 * An upgrade of another path or subprotocol is answered with 400, unless something else that listens takes it. Throws a
 * `RangeError` for a path of this server that is taken already.
 */
export const listenForSockets = (options: ListenOptions): (() => void) => {
  const { server, path, subprotocol, maxBytes, admits, onSocket } = options
  const releasePath = takePath(server, path)
  // Apart from the call, as the types do not know `closeTimeout` yet.
  const socketOptions: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    maxPayload: maxBytes,
    perMessageDeflate: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: () => subprotocol,
  }
  const sockets = new WebSocketServer(socketOptions)

  const handleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Node has taken its own listener away by now, and without one a reset by the client would end the process.
    socket.on('error', () => {})
    const isOurs = request.url?.split('?')[0] === path && offers(request, subprotocol)
    if (!isOurs) {
      // Another bot, or whatever else the server's owner has put there, may know what to do.
      if (server.listenerCount('upgrade') > 1) leaveToOthers(socket)
      else refuse(socket, '400 Bad Request')
      return
    }
    if (!admits()) return refuse(socket, '503 Service Unavailable')
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.binaryType = 'arraybuffer'
      // Without a listener an error would end the process; `close` follows each.
      opened.on('error', () => {})
      onSocket(opened as unknown as SocketLike)
    })
  }

  server.on('upgrade', handleUpgrade)
  let isStopped = false
  return () => {
    if (isStopped) return
    isStopped = true
    releasePath()
    server.off('upgrade', handleUpgrade)
    for (const client of sockets.clients) client.close(1001)
    sockets.close()
  }
}
