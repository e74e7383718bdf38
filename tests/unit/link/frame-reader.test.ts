import { describe, expect, it } from 'vitest'
import { FrameReader } from '../../../sdk/link/frame-reader.js'
import type { SocketLike } from '../../../sdk/platform/platform.js'

const never = new AbortController().signal

/** A socket that the test speaks for. */
const createSocket = () => {
  const handlers = { onopen: null, onmessage: null, onclose: null, onerror: null }
  const rest = { readyState: 1, protocol: '', bufferedAmount: 0, send: () => {}, close: () => {} }
  const socket: SocketLike = { ...rest, ...handlers }
  const bring = (...bytes: number[]): void => socket.onmessage?.({ data: Uint8Array.from(bytes).buffer })
  return { socket, bring }
}

const setup = (maxBytes = 4) => {
  const { socket, bring } = createSocket()
  return { socket, bring, reader: new FrameReader(socket, maxBytes) }
}

describe('FrameReader', () => {
  it('gives frames in order, whether they came before or after they were asked for', async () => {
    const { reader, bring } = setup()
    bring(1)
    bring(2, 2)
    expect(await reader.next(never)).toEqual(Uint8Array.of(1))
    expect(await reader.next(never)).toEqual(Uint8Array.of(2, 2))
    const next = reader.next(never)
    bring(3)
    bring(4)
    expect(await next).toEqual(Uint8Array.of(3))
    expect(await reader.next(never)).toEqual(Uint8Array.of(4))
  })

  it('hands over what was not read, and hears nothing after that', () => {
    const { reader, bring, socket } = setup()
    bring(1)
    bring(2)
    expect(reader.release()).toEqual([Uint8Array.of(1), Uint8Array.of(2)])
    expect([socket.onmessage, socket.onclose, reader.release()]).toEqual([null, null, []])
  })

  it.each<[string, (subject: ReturnType<typeof setup>) => void, string]>([
    [
      'a socket that closes with a reason',
      ({ socket }) => socket.onclose?.({ code: 4001, reason: 'enough' }),
      'enough',
    ],
    ['one that closes without', ({ socket }) => socket.onclose?.({ code: 1006, reason: '' }), 'code 1006'],
    ['text', ({ socket }) => socket.onmessage?.({ data: 'text' }), 'text'],
    ['a frame too long', ({ bring }) => bring(1, 2, 3, 4, 5), '5 bytes'],
  ])('rejects, now and later, on %s', async (_what, happen, reason) => {
    const early = setup()
    happen(early)
    expect(early.reader.hasFailed).toBe(true)
    await expect(early.reader.next(never)).rejects.toThrow(reason)
    const late = setup()
    const next = late.reader.next(never)
    happen(late)
    await expect(next).rejects.toThrow(reason)
    await expect(late.reader.next(never)).rejects.toThrow(reason)
  })

  it('still gives what had come before the socket closed', async () => {
    const { reader, bring, socket } = setup()
    bring(1)
    socket.onclose?.({ code: 1000, reason: '' })
    expect(await reader.next(never)).toEqual(Uint8Array.of(1))
    await expect(reader.next(never)).rejects.toThrow('code 1000')
  })

  it('takes frames of the largest size, and keeps no more than eight', async () => {
    const { reader, bring } = setup()
    for (let i = 0; i < 8; i++) bring(i, i, i, i)
    expect(reader.hasFailed).toBe(false)
    bring(8)
    expect(reader.hasFailed).toBe(true)
    for (let i = 0; i < 8; i++) expect((await reader.next(never))[0]).toBe(i)
    await expect(reader.next(never)).rejects.toThrow('too many frames')
  })

  it('ends the wait with the reason of the signal, and loses no frame by that', async () => {
    const { reader, bring } = setup()
    const reason = new Error('mine')
    await expect(reader.next(AbortSignal.abort(reason))).rejects.toBe(reason)
    const controller = new AbortController()
    const next = reader.next(controller.signal)
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
    bring(1)
    expect(await reader.next(never)).toEqual(Uint8Array.of(1))
  })

  it('knows a socket that had closed before it listened', async () => {
    const { socket } = createSocket()
    const reader = new FrameReader({ ...socket, readyState: 3 }, 4)
    expect(reader.hasFailed).toBe(true)
    await expect(reader.next(never)).rejects.toThrow('closed')
  })
})
