import { WebGroup } from 'skein'
import { expect, it, onTestFinished } from 'vitest'
import { setup, useBrowser } from './support.js'
import { createBytes, summarize } from './page/data.js'

useBrowser()

it('a member in Node and a page are linked directly and exchange messages of any size', async () => {
  const { signaling, key, join } = await setup()
  const node = new WebGroup({ signaling: signaling.url, profile: { name: 'Node' } })
  onTestFinished(() => node.leave())
  await node.join(key)
  const ended = new Promise<string[]>((resolve) => {
    const heard: string[] = []
    node.on('message', ({ data }) => {
      heard.push(summarize(data))
      if (data === 'end') resolve(heard)
    })
  })
  const ada = await join()
  await ada.me.evaluate((me, id) => me.untilDirect([id]), node.myId)
  expect(await ada.me.evaluate(({ group }) => group.peers.map(({ profile }) => profile))).toEqual([{ name: 'Node' }])

  const sent = await ada.me.evaluate(async ({ group }) => {
    const messages = ['from a page', window.harness.createBytes(3_000_000, 5), '', 'end']
    for (const data of messages) await group.send(data)
    return messages.map(window.harness.summarize)
  })
  expect(await ended).toEqual(sent)

  const back = ['from Node', createBytes(3_000_000, 6), new Uint8Array(), 'over']
  for (const data of back) await node.sendTo(ada.id, data)
  await ada.me.evaluate((me) => me.untilMessage('over'))
  expect(await ada.me.evaluate((me, id) => me.heardFrom(id), node.myId)).toEqual(back.map(summarize))
})
