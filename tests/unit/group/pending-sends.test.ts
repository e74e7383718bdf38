import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../../sdk/errors.js'
import { createDeliveryError, PendingSends } from '../../../sdk/group/pending-sends.js'

const setup = () => {
  const sends = new PendingSends()
  const submitted: number[] = []
  const add = (signal?: AbortSignal) => sends.add(signal, (submission) => submitted.push(submission))
  return { sends, submitted, add }
}

describe('PendingSends', () => {
  it('resolve when their submission is admitted, each by itself', async () => {
    const { sends, submitted, add } = setup()
    const resolved: string[] = []
    const first = add().then(() => resolved.push('first'))
    const second = add().then(() => resolved.push('second'))
    expect(new Set(submitted).size).toBe(2)
    sends.handleAdmitted(submitted[1] as number)
    await second
    expect(resolved).toEqual(['second'])
    sends.handleAdmitted(submitted[0] as number)
    await first
  })

  it('resolve when the engine admits during the submission', async () => {
    const sends = new PendingSends()
    await sends.add(undefined, (submission) => {
      sends.handleAdmitted(submission)
    })
  })

  it('reject with the reason of an abort, and ignore the admission that follows', async () => {
    const { sends, submitted, add } = setup()
    const controller = new AbortController()
    const promise = add(controller.signal)
    const reason = new Error('mine')
    controller.abort(reason)
    await expect(promise).rejects.toBe(reason)
    sends.handleAdmitted(submitted[0] as number)
  })

  it('reject when their message will never have room, each by itself', async () => {
    const { sends, submitted, add } = setup()
    const [toAll, toBob] = [add(), add()]
    sends.handleFailed(submitted[1] as number, { id: 'bob', code: 'member-left', maybeDelivered: false })
    await expect(toBob).rejects.toMatchObject({ code: 'member-left', maybeDelivered: false })
    sends.handleAdmitted(submitted[0] as number)
    await toAll
  })

  it.each([
    ['member-left', true, 'message may not have been delivered: "bob" has left'],
    ['member-left', false, 'message could not be sent: "bob" has left'],
    ['member-stalled', true, 'message may not have been delivered: "bob" acknowledges nothing'],
    ['member-stalled', false, 'message could not be sent: "bob" acknowledges nothing'],
  ] as const)('say why: %s, %s', (code, maybeDelivered, message) => {
    expect(createDeliveryError({ id: 'bob', code, maybeDelivered })).toMatchObject({ code, maybeDelivered, message })
  })

  it('with a report resolve when it is there, and not when there is room', async () => {
    const { sends, submitted } = setup()
    const report = { delivered: ['ada'], failed: [] }
    let isSettled = false
    const confirmed = sends.addConfirmed(undefined, (submission) => submitted.push(submission))
    void confirmed.then(() => {
      isSettled = true
    })
    sends.handleAdmitted(submitted[0] as number)
    await Promise.resolve()
    expect(isSettled).toBe(false)
    sends.handleReported(submitted[0] as number, report)
    expect(await confirmed).toBe(report)
  })

  it('all reject, each with an error of its own', async () => {
    const { sends, add } = setup()
    const first = add().catch((error: unknown) => error)
    const second = add().catch((error: unknown) => error)
    sends.rejectAll(() => new SkeinError('closed', 'gone'))
    expect(await first).toMatchObject({ code: 'closed' })
    expect(await second).toMatchObject({ code: 'closed' })
    expect(await first).not.toBe(await second)
  })
})
