import { WebGroup } from 'skein'

const untilLinked = (group: WebGroup, links: number): Promise<void> =>
  new Promise((resolve) => {
    const check = (): void => {
      if (group.neighbors.length >= links) resolve()
    }
    group.on('member:join', check)
    group.on('link:change', check)
    check()
  })

/** Members that all join the same group at once. */
export const linkSkein = async (signaling: string): Promise<(members: number) => Promise<void>> => {
  // As for the pairs: what is loaded late is there before the clock runs.
  const pair = [new WebGroup({ signaling }), new WebGroup({ signaling })] as const
  await pair[0].join()
  await pair[1].join(pair[0].key)
  await untilLinked(pair[0], 1)
  await Promise.all(pair.map((group) => group.leave()))
  return async (members) => {
    const key = WebGroup.generateKey()
    const groups = Array.from({ length: members }, () => new WebGroup({ signaling }))
    await Promise.all(groups.map((group) => group.join(key)))
    await Promise.all(groups.map((group) => untilLinked(group, members - 1)))
  }
}
