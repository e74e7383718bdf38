/**
 * A bot in a process of Node, which answers whatever asks for an answer: that of the package, asked in by its URL. Says
 * `at` and the URL.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebGroupBotServer } from 'skein/bots'
import { memberOf } from '../page/skein.js'
import { Participant } from '../page/participant.js'
import { reportHeap } from './heap.js'

const server = createServer()
const bot = new WebGroupBotServer({ server })
bot.onWebGroup = (group) => {
  const participant = new Participant((_options, handlers) => Promise.resolve(memberOf(group, handlers)))
  void participant.join({ signaling: '', room: '', index: 0 }).then(() => reportHeap(participant))
}
server.listen(0, '127.0.0.1', () => {
  console.log(`at ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
