import { describe, expect, it } from 'vitest'
import type { MediaPort } from '../../../sdk/link/media.js'
import { MediaGate } from '../../../sdk/media/gate.js'
import type { MediaTraffic } from '../../../sdk/media/traffic.js'
import type { StreamHub, StreamMessage, StreamReader } from '../../../sdk/mesh/streams.js'

const setup = () => {
  const told: string[] = []
  let reader: StreamReader | null = null
  const hub = {
    members: ['me', 'other'],
    myId: 'me',
    read: (_, accept) => {
      reader = accept({ from: 'other', name: 'media', mode: 0, pause: () => undefined })
      return () => undefined
    },
    onMember: () => () => undefined,
  } as Partial<StreamHub> as StreamHub
  const traffic = {
    handleMember: (id: string) => void told.push(`member ${id}`),
    linked: (id: string) => void told.push(`link ${id}`),
    handleMessage: (id: string, [byte]: Uint8Array) => void told.push(`${id} says ${String(byte)}`),
    left: () => void told.push('left'),
  } as Partial<MediaTraffic> as MediaTraffic
  let loaded: (traffic: MediaTraffic) => void = () => undefined
  const gate = new MediaGate(
    hub,
    () => new Promise((resolve) => (loaded = resolve)),
    () => false,
  )
  const say = (byte: number): void =>
    reader?.message({ to: 'all', bytes: Uint8Array.of(byte), end: false } satisfies StreamMessage)
  const load = async (): Promise<void> => {
    const loading = gate.load()
    loaded(traffic)
    await loading
  }
  return { gate, told, say, load }
}

const port = { isClosed: false } as MediaPort

describe('what stands before media until somebody has some', () => {
  it('hands on who is linked, and what each said last, once it is loaded', async () => {
    const { gate, told, say, load } = setup()
    gate.linked('other', port)
    say(1)
    say(2)
    await load()
    expect(told).toEqual(['member other', 'link other', 'other says 2'])
    gate.linked('other', port)
    say(3)
    expect(told.slice(3)).toEqual(['link other', 'other says 3'])
  })

  it('keeps nothing of a join that is over', async () => {
    const { gate, told, say, load } = setup()
    gate.linked('other', port)
    say(1)
    gate.left()
    await load()
    expect(told).toEqual(['member other'])
  })
})
