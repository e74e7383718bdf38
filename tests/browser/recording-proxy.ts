/** Stands between pages and the signaling server and writes down every byte of every frame, and of every request. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

export interface RecordingProxy {
  readonly url: string
  /** From clients to the server, and from the server to clients; text frames and requests count among the former. */
  readonly recorded: { readonly up: Buffer[]; readonly down: Buffer[] }
  close(): Promise<void>
}

export const startRecordingProxy = async (target: string): Promise<RecordingProxy> => {
  const recorded = { up: [] as Buffer[], down: [] as Buffer[] }
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })
  sockets.on('connection', (client, request) => {
    recorded.up.push(Buffer.from(`${request.url ?? ''}\n${request.rawHeaders.join('\n')}`))
    const upstream = new WebSocket(target, client.protocol)
    const early: Buffer[] = []
    client.on('message', (data: Buffer) => {
      recorded.up.push(data)
      if (upstream.readyState === WebSocket.OPEN) upstream.send(data)
      else early.push(data)
    })
    upstream.on('open', () => {
      for (const data of early.splice(0)) upstream.send(data)
    })
    upstream.on('message', (data: Buffer) => {
      recorded.down.push(data)
      client.send(data)
    })
    upstream.on('close', (code, reason) => client.close(code === 1006 ? 1011 : code, reason))
    client.on('close', () => upstream.close())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    recorded,
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      await new Promise((done) => server.close(done))
    },
  }
}
