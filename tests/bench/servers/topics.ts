/** A relay of topics for Trystero: what is published reaches all others that have subscribed. */
import { WebSocketServer, type WebSocket } from 'ws'
import { say } from './say.js'

interface Frame {
  readonly subscribe?: string
  readonly unsubscribe?: string
  readonly publish?: string
  readonly message?: string
}

const topics = new Map<string, Set<WebSocket>>()

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
server.on('listening', () => say(server.address()))
server.on('connection', (socket) => {
  socket.on('message', (text: Buffer) => {
    const { subscribe, unsubscribe, publish, message } = JSON.parse(text.toString()) as Frame
    if (subscribe !== undefined) topics.set(subscribe, (topics.get(subscribe) ?? new Set()).add(socket))
    if (unsubscribe !== undefined) topics.get(unsubscribe)?.delete(socket)
    if (publish === undefined) return
    const frame = JSON.stringify({ topic: publish, message })
    for (const other of topics.get(publish) ?? []) if (other !== socket) other.send(frame)
  })
  socket.on('close', () => {
    for (const subscribers of topics.values()) subscribers.delete(socket)
  })
})
