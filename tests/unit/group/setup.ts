import { createHash } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { WebGroup, type GroupEventName, type GroupEvents, type WebGroupOptions } from '../../../sdk/group/index.js'
import { createMemoryNetwork } from '../../../sdk/link/memory.js'
import { createSignaling } from '../../../signaling/index.js'

/** A real signaling server and links in memory, gone when the test is. */
export const setup = async () => {
  const network = createMemoryNetwork()
  const server = await createSignaling({ port: 0 }).listen()
  const groups: WebGroup[] = []
  const createGroup = (options: WebGroupOptions = {}): WebGroup => {
    const group = new WebGroup({ signaling: server.url, transports: [network.transport], ...options })
    groups.push(group)
    return group
  }
  onTestFinished(async () => {
    await Promise.all(groups.map((group) => group.leave()))
    await server.close()
  })
  return { network, server, createGroup }
}

/** Members of one group, all of them seeing each other. */
export const setupMembers = async (count: number, options: WebGroupOptions = {}) => {
  const world = await setup()
  const key = WebGroup.generateKey()
  const members: WebGroup[] = []
  for (let i = 0; i < count; i++) {
    const group = world.createGroup(options)
    await group.join(key)
    members.push(group)
  }
  await Promise.all(members.map((group) => waitUntil(group, () => group.members.length === count)))
  return { ...world, key, members: members as [WebGroup, WebGroup, ...WebGroup[]] }
}

export const nextEvent = <K extends GroupEventName>(group: WebGroup, name: K): Promise<GroupEvents[K]> =>
  new Promise((resolve) => {
    group.on(name, resolve, { once: true })
  })

/** Looks again at every event that could have changed what it looks for. */
export const waitUntil = (group: WebGroup, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const names = ['member:join', 'member:leave', 'link:change', 'message', 'state:change', 'signaling:change'] as const
    const offs = names.map((name) => group.on(name, check))
    function check() {
      if (!isSo()) return
      for (const off of offs) off()
      resolve()
    }
    check()
  })

/** A message as something short: comparing a million bytes one by one takes seconds. */
export const digest = (data: string | Uint8Array): string =>
  typeof data === 'string' ? data : createHash('sha256').update(data).digest('hex')

/** Everything of these names from now on, in order, as the listeners are told. */
export const record = (group: WebGroup, names: readonly GroupEventName[]) => {
  const log: { readonly name: GroupEventName; readonly event: unknown }[] = []
  for (const name of names) group.on(name, (event) => log.push({ name, event }))
  return log
}
