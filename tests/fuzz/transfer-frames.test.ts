import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../sdk/protocol/decode-error.js'
import {
  decodeStreamEnd,
  decodeTransferFrame,
  encodeStreamEnd,
  encodeTransferFrame,
  idToDecline,
} from '../../sdk/protocol/transfer-frames.js'
import { encodeBase64url } from '../../sdk/util/base64url.js'
import { streamEnds, transferFrames } from '../support/transfer-frames.js'

describe('what is said of transfers', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(transferFrames, (frame) => {
        expect(decodeTransferFrame(encodeTransferFrame(frame))).toEqual(frame)
      }),
    )
    fc.assert(
      fc.property(streamEnds, (end) => {
        expect(decodeStreamEnd(encodeStreamEnd(end))).toEqual(end)
      }),
    )
  })

  it('whatever it is, is something to decline or is not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(() => idToDecline(bytes)).not.toThrow()
      }),
    )
  })

  it('can be declined by its id where an offer or an opening cannot be read', () => {
    fc.assert(
      fc.property(transferFrames, (frame) => {
        const isAsking = frame.type === 'offer' || frame.type === 'open'
        expect(idToDecline(encodeTransferFrame(frame))).toEqual(isAsking ? { type: frame.type, id: frame.id } : null)
      }),
    )
  })

  it('has an id of 16 bytes', () => {
    expect(() => encodeTransferFrame({ type: 'done', id: 'AAAA' })).toThrow(RangeError)
    expect(() => encodeTransferFrame({ type: 'done', id: '?' })).toThrow(RangeError)
  })
})

const limits: readonly (readonly [string, number, (size: number) => Uint8Array])[] = (() => {
  const ID = encodeBase64url(new Uint8Array(16))
  const offer = { type: 'offer' as const, id: ID, name: '', size: 1, mediaType: '', metadata: undefined, resumeId: ID }
  const x = (size: number): string => 'x'.repeat(size)
  return [
    ['a name', 255, (size) => encodeTransferFrame({ ...offer, name: x(size) })],
    ['a media type', 255, (size) => encodeTransferFrame({ ...offer, mediaType: x(size) })],
    // Its quotes are two of them.
    ['metadata', 4_096, (size) => encodeTransferFrame({ ...offer, metadata: x(size - 2) })],
    ['why it is declined', 512, (size) => encodeTransferFrame({ type: 'reject', id: ID, cause: 0, reason: x(size) })],
    ['why it fails', 512, (size) => encodeTransferFrame({ type: 'fail', id: ID, cause: 0, reason: x(size) })],
    ['why it is withdrawn', 512, (size) => encodeTransferFrame({ type: 'withdraw', id: ID, reason: x(size) })],
    ['why it is aborted', 512, (size) => encodeTransferFrame({ type: 'abort', id: ID, reason: x(size) })],
    ['why it is to stop', 512, (size) => encodeTransferFrame({ type: 'stop', id: ID, reason: x(size) })],
    ['a label', 64, (size) => encodeTransferFrame({ type: 'open', id: ID, label: x(size) })],
  ] as const
})()

describe('limits of transfers', () => {
  it.each(limits)('%s: %i bytes are taken and no more', (_name, most, encode) => {
    expect(() => decodeTransferFrame(encode(most))).not.toThrow()
    expect(() => decodeTransferFrame(encode(most + 1))).toThrow(DecodeError)
  })

  it('why a stream is given up: 512 bytes are taken and no more', () => {
    const encode = (size: number) => encodeStreamEnd({ type: 'given-up', reason: 'x'.repeat(size) })
    expect(() => decodeStreamEnd(encode(512))).not.toThrow()
    expect(() => decodeStreamEnd(encode(513))).toThrow(DecodeError)
  })
})
