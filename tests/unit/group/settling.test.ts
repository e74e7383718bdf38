import { describe, expect, it } from 'vitest'
import { SkeinError, type WebGroup } from '../../../sdk/group/index.js'
import { nextEvent, setupMembers } from './setup.js'

type Call = (group: WebGroup, to: string, signal: AbortSignal) => Promise<unknown>

const data = new Uint8Array(1_000_000)
const calls: readonly (readonly [name: string, call: Call])[] = [
  ['send', (group, _to, signal) => group.send(data, { signal })],
  ['send with confirm', (group, _to, signal) => group.send(data, { signal, confirm: true })],
  ['sendTo', (group, to, signal) => group.sendTo(to, data, { signal })],
  ['sendTo with confirm', (group, to, signal) => group.sendTo(to, data, { signal, confirm: true })],
]

/** Codes of those that were rejected, each once. */
const codesOf = (results: readonly PromiseSettledResult<unknown>[]): unknown[] => [
  ...new Set(
    results.flatMap((result) => {
      if (result.status === 'fulfilled') return []
      const reason: unknown = result.reason
      return [reason instanceof SkeinError ? reason.code : reason]
    }),
  ),
]

/** More than a window has room for, sent and waiting. */
const setup = async (call: Call) => {
  const { members } = await setupMembers(3)
  const [ada, bob] = members
  const controller = new AbortController()
  ada.on('error', () => undefined)
  const sends = Array.from({ length: 8 }, () => call(ada, bob.myId, controller.signal))
  return { ada, bob, controller, settled: Promise.allSettled(sends) }
}

describe.each(calls)('%s, while it waits', (name, call) => {
  it('settles when the group is left', async () => {
    const { ada, settled } = await setup(call)
    await ada.leave()
    expect(codesOf(await settled)).toEqual(['closed'])
  })

  it('settles when the recipient leaves', async () => {
    const { ada, bob, settled } = await setup(call)
    await Promise.all([nextEvent(ada, 'member:leave'), bob.leave()])
    const results = await settled
    // To all, nothing that a recipient does is a reason to reject.
    expect(codesOf(results).filter((code) => code !== 'member-left')).toEqual([])
    expect(codesOf(results)).toHaveLength(name.startsWith('sendTo') ? 1 : 0)
  })

  it('settles when its signal says so', async () => {
    const { controller, settled } = await setup(call)
    const reason = new Error('mine')
    controller.abort(reason)
    expect(codesOf(await settled)).toEqual([reason])
  })
})
