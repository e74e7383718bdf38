import { describe, expect, it } from 'vitest'
import { runNode, writeConsumer } from './consumer.js'

/**
 * The usage sample of Netflux, client and bot server, as its README has it but for what must differ: where it is
 * imported from, a signaling server of one's own, `require` in a module, and names of its placeholders. Around it
 * stands what makes a program of it: a server, an end, and a word when something has happened.
 */
const botServer = `
import { WebGroupBotServer } from 'skein/bots'
import http from 'node:http' // https is also possible
const server = http.createServer()

const bot = new WebGroupBotServer({
  server: server,
  webGroupOptions: {
    // Any WebGroup options like for a client
  },
})

bot.onWebGroup = (wg) => {
  // New instance of a WebGroup (Someone has invited this bot).
  // See example above for client as it is the same API.
  wg.onMessage = (id, data) => {
    console.log(\`The bot was told \${data}\`)
    wg.sendTo(id, 'welcome')
  }
}

const BOT_PORT = 0
const BOT_HOST = '127.0.0.1'
server.listen(BOT_PORT, BOT_HOST)
// A client may invite this bot with the following URL: 'ws://BOT_HOST:BOT_PORT'

export { bot, server }
`

const client = `
import { WebGroup, WebGroupState } from 'skein'
import { once } from 'node:events'
import { createSignaling } from 'skein/signaling'
import { bot, server } from './bot-server.js'

const signaling = await createSignaling({ port: 0 }).listen()
if (!server.listening) await once(server, 'listening')
const BOT_SERVER_WEB_SOCKET_URL = \`ws://127.0.0.1:\${server.address().port}\`

// Create instance and set callbacks
const wg = new WebGroup({ signaling: signaling.url })
wg.onMemberJoin = (id) => {
  console.log('Member has joined')
  console.log('All members are:', wg.members.length)
  wg.send('hello')
}
wg.onMemberLeave = (id) => {
  console.log('Member has left')
  console.log('All members are:', wg.members.length)
  wg.leave()
}
wg.onMessage = (id, data) => {
  console.log('Message from group member', data)
  bot.close()
}
wg.onStateChange = (state) => {
  console.log('The new Group state is', state)
  switch (state) {
    case WebGroupState.JOINING:
      // Do something
      break
    case WebGroupState.JOINED:
      // Do something
      // For example inviting a bot...
      wg.invite(BOT_SERVER_WEB_SOCKET_URL)
      break
    case WebGroupState.LEAVING:
      // Do something
      break
    case WebGroupState.LEFT:
      // Do something
      signaling.close()
      server.close()
      break
  }
}

// Join the group
wg.join('MY_UNIQUE_KEY_FOR_THE_GROUP')
`

describe('the Netflux sample', () => {
  it('runs to its end: the bot comes, is told, answers and leaves', async () => {
    const folder = await writeConsumer({ 'client.js': client, 'bot-server.js': botServer })
    const { code, stdout, stderr } = await runNode(folder, ['client.js'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trim().split('\n')).toEqual([
      'The new Group state is joining',
      'The new Group state is joined',
      'Member has joined',
      'All members are: 2',
      'The bot was told hello',
      'Message from group member welcome',
      'Member has left',
      'All members are: 1',
      'The new Group state is leaving',
      'The new Group state is left',
    ])
  })
})
