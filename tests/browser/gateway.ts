/** A way to the signaling server that can be taken from those who use it, as when a network goes. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Gateway {
  readonly url: string
  /** Ends every connection, and every new one until `mend`. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

export const openGateway = async (target: string): Promise<Gateway> => {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isCut = false
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // What an end that was cut off reports is no news.
    socket.on('error', () => undefined)
  }
  const server = createServer((client) => {
    keep(client)
    if (isCut) {
      client.destroy()
      return
    }
    const upstream = connect(Number(port), hostname)
    keep(upstream)
    client.pipe(upstream).pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const cut = (): void => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => {
      isCut = false
    },
    close: async () => {
      cut()
      await new Promise((done) => server.close(done))
    },
  }
}
