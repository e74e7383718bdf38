/** PeerJS's own server, as its package gives it. */
import { PeerServer } from 'peer'
import { say } from './say.js'

PeerServer({ host: '127.0.0.1', port: 0 }, (server) => say(server.address()))
