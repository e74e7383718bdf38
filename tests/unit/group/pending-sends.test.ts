import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../../sdk/errors.js'
import { PendingSends } from '../../../sdk/group/pending-sends.js'

const setup = () => {
  const sends = new PendingSends()
  const submitted: number[] = []
  const add = (to: string, signal?: AbortSignal) => sends.add(to, signal, (submission) => submitted.push(submission))
  return { sends, submitted, add }
}

describe('PendingSends', () => {
  it('resolve when their submission is admitted, each by itself', async () => {
    const { sends, submitted, add } = setup()
    const resolved: string[] = []
    const first = add('all').then(() => resolved.push('first'))
    const second = add('all').then(() => resolved.push('second'))
    expect(new Set(submitted).size).toBe(2)
    sends.handleAdmitted(submitted[1] as number)
    await second
    expect(resolved).toEqual(['second'])
    sends.handleAdmitted(submitted[0] as number)
    await first
  })

  it('resolve when the engine admits during the submission', async () => {
    const sends = new PendingSends()
    await sends.add('all', undefined, (submission) => {
      sends.handleAdmitted(submission)
    })
  })

  it('reject with the reason of an abort, and ignore the admission that follows', async () => {
    const { sends, submitted, add } = setup()
    const controller = new AbortController()
    const promise = add('all', controller.signal)
    const reason = new Error('mine')
    controller.abort(reason)
    await expect(promise).rejects.toBe(reason)
    sends.handleAdmitted(submitted[0] as number)
  })

  it('reject with member-left for that member alone', async () => {
    const { sends, submitted, add } = setup()
    const toAll = add('all')
    const toBob = add('bob')
    sends.handleMemberLeft('bob')
    await expect(toBob).rejects.toMatchObject({ code: 'member-left' })
    sends.handleAdmitted(submitted[0] as number)
    await toAll
  })

  it('all reject, each with an error of its own', async () => {
    const { sends, add } = setup()
    const first = add('all').catch((error: unknown) => error)
    const second = add('bob').catch((error: unknown) => error)
    sends.rejectAll(() => new SkeinError('closed', 'gone'))
    expect(await first).toMatchObject({ code: 'closed' })
    expect(await second).toMatchObject({ code: 'closed' })
    expect(await first).not.toBe(await second)
  })
})
