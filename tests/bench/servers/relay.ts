/** The smallest signaling there is: one room per path; a newcomer is told who is present, the rest is passed on. */
import { randomUUID } from 'node:crypto'
import { WebSocketServer, type WebSocket } from 'ws'
import { say } from './say.js'

const rooms = new Map<string, Map<string, WebSocket>>()

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
server.on('listening', () => say(server.address()))
server.on('connection', (socket, request) => {
  const path = request.url ?? '/'
  const id = randomUUID().slice(0, 8)
  const room = rooms.get(path) ?? new Map<string, WebSocket>()
  rooms.set(path, room)
  socket.send(JSON.stringify({ present: [...room.keys()] }))
  room.set(id, socket)
  socket.on('message', (text: Buffer) => {
    const { to, data } = JSON.parse(text.toString()) as { readonly to: string; readonly data: unknown }
    room.get(to)?.send(JSON.stringify({ from: id, data }))
  })
  socket.on('close', () => {
    room.delete(id)
    if (room.size === 0) rooms.delete(path)
  })
})
