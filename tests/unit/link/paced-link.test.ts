import { describe, expect, it } from 'vitest'
import type { Link, LinkHandlers } from '../../../sdk/link/link.js'
import { PacedLink } from '../../../sdk/link/paced-link.js'
import { Slots } from '../../../sdk/link/slots.js'
import { createFakePlatform } from '../../support/fake-platform.js'

const nothing: LinkHandlers = {
  onSignal: () => undefined,
  onOpen: () => undefined,
  onBytes: () => undefined,
  onRoom: () => undefined,
  onClose: () => undefined,
}

const setup = (limit: { value: number }) => {
  const clock = createFakePlatform()
  const { platform } = clock
  const slots = new Slots(() => limit.value)
  const begun: { readonly handlers: LinkHandlers; closed: boolean }[] = []
  const open = (): PacedLink =>
    new PacedLink({
      slots,
      platform,
      handlers: nothing,
      begin: (handlers): Link => {
        const entry = { handlers, closed: false }
        begun.push(entry)
        return {
          signal: () => undefined,
          write: () => undefined,
          close: () => {
            entry.closed = true
          },
          end: () => Promise.resolve(),
        }
      },
    })
  const settle = (): Promise<void> => Promise.resolve()
  const advance = (ms: number): void => {
    clock.advance(ms)
  }
  return { open, begun, advance, settle }
}

const opened = { binding: null, room: { reliable: 1, unreliable: 0 } }

describe('PacedLink', () => {
  it('begins when it is its turn: when one before it has opened, closed, or taken too long', async () => {
    const { open, begun, advance, settle } = setup({ value: 2 })
    const links = Array.from({ length: 5 }, open)
    expect(begun).toHaveLength(2)
    begun[0]?.handlers.onOpen(opened)
    await settle()
    expect(begun).toHaveLength(3)
    begun[1]?.handlers.onClose('failed')
    await settle()
    expect(begun).toHaveLength(4)
    advance(3_000)
    await settle()
    expect(begun).toHaveLength(5)
    links.forEach((link) => link.close())
    expect(begun.filter(({ closed }) => !closed)).toEqual([])
  })

  it('gives its turn up once, however it ends', async () => {
    const { open, begun, settle } = setup({ value: 1 })
    const [first] = Array.from({ length: 4 }, open)
    begun[0]?.handlers.onOpen(opened)
    begun[0]?.handlers.onClose('gone')
    first?.close()
    await first?.end(100)
    await settle()
    expect(begun).toHaveLength(2)
  })

  it('never begins when it is closed before its turn', async () => {
    const { open, begun, settle } = setup({ value: 1 })
    const [, second, third] = Array.from({ length: 3 }, open)
    second?.close()
    begun[0]?.handlers.onOpen(opened)
    await settle()
    expect(begun).toHaveLength(2)
    third?.close()
    expect(begun[1]?.closed).toBe(true)
  })

  it('takes fewer turns from the moment that there are fewer, and more when there are more', async () => {
    const limit = { value: 3 }
    const { open, begun, settle } = setup(limit)
    Array.from({ length: 6 }, open)
    limit.value = 1
    begun[0]?.handlers.onOpen(opened)
    begun[1]?.handlers.onOpen(opened)
    await settle()
    expect(begun).toHaveLength(3)
    limit.value = 2
    begun[2]?.handlers.onOpen(opened)
    await settle()
    expect(begun).toHaveLength(5)
  })
})
