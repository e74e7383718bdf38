import { describe, expect, it } from 'vitest'
import { Opening, type Held } from '../../../sdk/util/opening.js'

const setup = () => {
  const begun: PromiseWithResolve[] = []
  let left = 0
  const opening = new Opening(
    () => {
      const next = withResolve()
      begun.push(next)
      return next.promise
    },
    () => new Error('closed'),
  )
  const held = (opened: string): Held<string> => ({ opened, leave: () => Promise.resolve(left++) })
  return { opening, begun, held, left: () => left }
}

interface PromiseWithResolve {
  readonly promise: Promise<Held<string>>
  readonly resolve: (held: Held<string>) => void
  readonly reject: (error: Error) => void
}

const withResolve = (): PromiseWithResolve => {
  let [resolve, reject]: [PromiseWithResolve['resolve'], PromiseWithResolve['reject']] = [() => {}, () => {}]
  const promise = new Promise<Held<string>>((yes, no) => ([resolve, reject] = [yes, no]))
  return { promise, resolve, reject }
}

describe('what is opened when it is first used', () => {
  it('is opened once for all who ask, and closed once', async () => {
    const { opening, begun, held, left } = setup()
    expect([opening.known, begun.length]).toEqual([null, 0])
    const asked = [opening.open(), opening.open()]
    begun[0]?.resolve(held('it'))
    expect(await Promise.all([...asked, opening.open()])).toEqual(['it', 'it', 'it'])
    expect([opening.known, begun.length]).toEqual(['it', 1])
    await Promise.all([opening.close(), opening.close()])
    expect([left(), opening.known, opening.isClosed]).toEqual([1, 'it', true])
    await expect(opening.open()).rejects.toThrow('closed')
  })

  it('is tried again by the next who asks, when it could not be opened', async () => {
    const { opening, begun, held } = setup()
    const first = opening.open()
    begun[0]?.reject(new Error('not now'))
    await expect(first).rejects.toThrow('not now')
    const second = opening.open()
    begun[1]?.resolve(held('it'))
    expect(await second).toBe('it')
  })

  it('is given back when it was closed meanwhile, before closing is done', async () => {
    const { opening, begun, held, left } = setup()
    const asked = opening.open()
    const closing = opening.close()
    begun[0]?.resolve(held('late'))
    await expect(asked).rejects.toThrow('closed')
    await closing
    expect([left(), opening.known]).toEqual([1, null])
  })

  it('is closed without being opened, and when it could not be opened', async () => {
    const { opening } = setup()
    await opening.close()
    const failing = setup()
    const asked = failing.opening.open()
    const closing = failing.opening.close()
    failing.begun[0]?.reject(new Error('never'))
    await expect(asked).rejects.toThrow('never')
    await closing
    await expect(failing.opening.open()).rejects.toThrow('closed')
  })
})
