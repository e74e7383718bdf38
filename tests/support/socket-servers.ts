import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'

/** A server on a free port of this machine, gone when the test is; the address as a WebSocket takes it. */
export const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A WebSocket server that agrees to this subprotocol, or to none, and does with its sockets what it is told. */
export const listenWith = (subprotocol: string | false, handle: (socket: WebSocket) => void): Promise<string> => {
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: () => subprotocol })
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate()
  })
  sockets.on('connection', handle)
  return listen(server)
}

export const listenWithHttp = (handle: RequestListener): Promise<string> => listen(createServer(handle))

/** An address where nobody listens. */
export const deadUrl = async (): Promise<string> => {
  const server = createServer()
  const url = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return url
}

export const countConnections = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error) reject(error)
      else resolve(count)
    })
  })

/** Resolves when no connection to the server is open. */
export const untilNoConnections = async (server: Server): Promise<void> => {
  while ((await countConnections(server)) > 0) await new Promise((resolve) => setImmediate(resolve))
}
