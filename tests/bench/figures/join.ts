import type { Figure } from './figure.js'

/** The second page of a room: from its call of join until the greeting of the first one is there. */
export const join: Figure = {
  id: 'join',
  rows: [
    {
      id: 'join-warm',
      title: 'join to first message, modules loaded',
      unit: 'ms',
      better: 'less',
      goal: { of: 'ratio', limit: 1.5 },
    },
    { id: 'join-cold', title: 'join to first message, fresh page', unit: 'ms', better: 'less' },
  ],
  run: async (side, world) => {
    const joinSecond = (warm: boolean): Promise<number> =>
      world.withRoom(side, async (room) => {
        const first = await room.openPage()
        const second = await room.openPage()
        await first.warm()
        if (warm) await second.warm()
        await first.join({ greets: true })
        return second.evaluate((participant, options) => participant.timeToGreeting(options), second.options())
      })
    return { 'join-warm': await joinSecond(true), 'join-cold': await joinSecond(false) }
  },
}
