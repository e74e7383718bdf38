/** A bot under fault, in a process that can be stopped and killed. Says `at` and its URL; talks in every group. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebGroupBotServer } from 'skein/bots'
import { WebSocket } from 'ws'
import { Reporter } from './reporter.js'
import { Talker } from './talker.js'

const [name = '', observer = '', signaling = '', everyMs = '', maxLinks = ''] = process.argv.slice(2)

const socket = new WebSocket(observer)
await once(socket, 'open')
// Whoever watches has ended, perhaps without a word.
socket.on('close', () => process.exit())
const server = createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`

const webGroupOptions = { signaling, limits: { maxLinks: Number(maxLinks) } }
const talkers: Talker[] = []
const bot = new WebGroupBotServer({ server, url, webGroupOptions, leaveOnceAlone: false })
bot.onWebGroup = (group) => {
  const reporter = new Reporter(socket, name, () => group.myId)
  const talker = new Talker(group, reporter.report)
  talkers.push(talker)
  talker.start(Number(everyMs))
}
process.on('SIGUSR2', () => {
  for (const talker of talkers) talker.stop()
})
console.log(`at ${url}#${await bot.identity}`)
