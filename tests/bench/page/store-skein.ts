import { Log } from 'skein/log'
import type { OpenStore } from './block-store.js'

export const openStore: OpenStore = async (name) => {
  const log = new Log(name)
  await log.ready()
  return {
    append: async (blocks) => {
      await log.append(blocks)
    },
    oneByOne: [
      async (blocks) => {
        await Promise.all(blocks.map((block) => log.append(block)))
      },
    ],
    read: async (start, end) => {
      let bytes = 0
      for await (const block of log.createReadStream({ start, end })) bytes += block.length
      return bytes
    },
    readOne: async (index) => (await log.get(index)).length,
  }
}
