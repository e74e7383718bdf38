import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Emitter } from '../../../sdk/util/emitter.js'

interface Events {
  ping: { readonly n: number }
  constructor: string
}

const setup = () => {
  const errors: unknown[] = []
  const seen: string[] = []
  return { emitter: new Emitter<Events>((error) => errors.push(error)), errors, seen }
}

describe('Emitter', () => {
  it('hands the payload to every listener of that name, in the order they were added', () => {
    const { emitter, seen } = setup()
    emitter.on('ping', ({ n }) => seen.push(`a${n}`))
    emitter.on('ping', ({ n }) => seen.push(`b${n}`))
    emitter.on('constructor', (text) => seen.push(text))
    expect(emitter.emit('ping', { n: 1 })).toBe(true)
    expect(seen).toEqual(['a1', 'b1'])
  })

  it('tells whether anybody was listening', () => {
    const { emitter } = setup()
    expect(emitter.emit('ping', { n: 1 })).toBe(false)
    expect(emitter.emit('constructor', 'inherited by every object')).toBe(false)
    const off = emitter.on('ping', () => {})
    expect(emitter.emit('ping', { n: 2 })).toBe(true)
    off()
    expect(emitter.emit('ping', { n: 3 })).toBe(false)
  })

  it('removes one registration at a time, and removing it again is harmless', () => {
    const { emitter, seen } = setup()
    const listener = ({ n }: { readonly n: number }) => seen.push(String(n))
    const off = emitter.on('ping', listener)
    emitter.on('ping', listener)
    off()
    off()
    emitter.emit('ping', { n: 1 })
    expect(seen).toEqual(['1'])
  })

  it('calls a listener added with once a single time, also when it raises the event itself', () => {
    const { emitter, seen } = setup()
    emitter.on(
      'ping',
      ({ n }) => {
        seen.push(String(n))
        emitter.emit('ping', { n: n + 1 })
      },
      { once: true },
    )
    emitter.emit('ping', { n: 1 })
    emitter.emit('ping', { n: 5 })
    expect(seen).toEqual(['1'])
  })

  it('leaves listeners added during an event for the next one', () => {
    const { emitter, seen } = setup()
    emitter.on('ping', () => emitter.on('ping', ({ n }) => seen.push(`late${n}`)), { once: true })
    emitter.emit('ping', { n: 1 })
    expect(seen).toEqual([])
    emitter.emit('ping', { n: 2 })
    expect(seen).toEqual(['late2'])
  })

  it('does not call a listener that another one has just removed', () => {
    const { emitter, seen } = setup()
    emitter.on('ping', () => off())
    const off = emitter.on('ping', () => seen.push('removed'))
    emitter.on('ping', () => seen.push('last'))
    emitter.emit('ping', { n: 1 })
    expect(seen).toEqual(['last'])
  })

  it('reports a listener that throws and still calls the others', () => {
    const { emitter, errors, seen } = setup()
    const failure = new Error('of the listener')
    emitter.on('ping', () => {
      throw failure
    })
    emitter.on('ping', () => seen.push('called'))
    emitter.emit('ping', { n: 1 })
    expect(errors).toEqual([failure])
    expect(seen).toEqual(['called'])
  })

  it('reports a listener whose promise rejects', async () => {
    const failure = new Error('of the listener')
    const reported = new Promise((resolve) => {
      const emitter = new Emitter<Events>(resolve)
      emitter.on('ping', () => Promise.reject(failure))
      emitter.emit('ping', { n: 1 })
    })
    expect(await reported).toBe(failure)
  })

  it('removes a listener when its signal aborts, and adds none for a signal that has', () => {
    const { emitter, seen } = setup()
    const controller = new AbortController()
    emitter.on('ping', () => seen.push('live'), { signal: controller.signal })
    emitter.emit('ping', { n: 1 })
    controller.abort()
    emitter.on('ping', () => seen.push('late'), { signal: controller.signal })
    expect(emitter.emit('ping', { n: 2 })).toBe(false)
    expect(seen).toEqual(['live'])
  })

  it('leaves nothing on the signal once a listener is gone, however it went', () => {
    const { emitter } = setup()
    const { signal } = new AbortController()
    const onSignal = () => getEventListeners(signal, 'abort').length
    emitter.on('ping', () => {}, { signal })()
    expect(onSignal()).toBe(0)
    emitter.on('ping', () => {}, { signal, once: true })
    expect(onSignal()).toBe(1)
    emitter.emit('ping', { n: 1 })
    expect(onSignal()).toBe(0)
    emitter.on('ping', () => {}, { signal })
    emitter.clear()
    expect(onSignal()).toBe(0)
  })

  it('calls nobody after clear, not even those of the event under way', () => {
    const { emitter, seen } = setup()
    emitter.on('ping', () => emitter.clear())
    emitter.on('ping', () => seen.push('ping'))
    emitter.on('constructor', () => seen.push('constructor'))
    emitter.emit('ping', { n: 1 })
    emitter.emit('constructor', '')
    expect(seen).toEqual([])
  })
})
