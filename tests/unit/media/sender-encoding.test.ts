import { describe, expect, it } from 'vitest'
import { SenderEncoding, type EncodingSender } from '../../../sdk/media/sender-encoding.js'
import { connectMedia } from '../../support/media-loopback.js'

/** Holds one transaction at a time, as the specification has it; each ends when the test says so. */
class Sender implements EncodingSender {
  encodings: RTCRtpEncodingParameters[] = [{ active: true }]
  readonly sets: (() => void)[] = []
  #transaction = 0

  getParameters(): RTCRtpSendParameters {
    const transactionId = String(++this.#transaction)
    const encodings = this.encodings.map((each) => ({ ...each }))
    return { transactionId, encodings, codecs: [], headerExtensions: [], rtcp: {} }
  }

  setParameters({ transactionId, encodings }: RTCRtpSendParameters): Promise<void> {
    if (transactionId !== String(this.#transaction)) return Promise.reject(new DOMException('', 'InvalidStateError'))
    return new Promise((resolve) => {
      this.sets.push(() => {
        this.encodings = encodings
        resolve()
      })
    })
  }
}

describe('the encoding of a sender', () => {
  it('is the newest that was wished; what came in between is left out', async () => {
    const sender = new Sender()
    const encoding = new SenderEncoding(sender)
    const first = encoding.apply({ maxBitrate: 1_000 })
    void encoding.apply({ maxBitrate: 2_000 })
    const last = encoding.apply({ maxBitrate: 3_000, active: false, scaleResolutionDownBy: 2 })
    sender.sets[0]?.()
    await expect.poll(() => sender.sets.length).toBe(2)
    sender.sets[1]?.()
    await Promise.all([first, last])
    expect(sender.encodings).toEqual([{ active: false, maxBitrate: 3_000, scaleResolutionDownBy: 2 }])
    expect(sender.sets).toHaveLength(2)
  })

  it('is not set again while it is so', async () => {
    const sender = new Sender()
    sender.encodings = [{ active: true, maxBitrate: 1_000 }]
    await new SenderEncoding(sender).apply({ maxBitrate: 1_000, active: true })
    expect(sender.sets).toEqual([])
  })

  it('is applied later where there is none to set yet', async () => {
    const sender = new Sender()
    const encoding = new SenderEncoding(sender)
    sender.encodings = []
    await encoding.apply({ maxBitrate: 1_000 })
    sender.encodings = [{ active: true }]
    const applied = encoding.apply({ maxBitrate: 1_000 })
    sender.sets[0]?.()
    await applied
    expect(sender.encodings).toEqual([{ active: true, maxBitrate: 1_000 }])
  })

  it('stays as it is in an engine that cannot set any, and after the connection is closed', async () => {
    const { sender } = await connectMedia({ width: 160, height: 120 })
    const [own] = sender.getSenders()
    if (own === undefined) throw new Error('nothing is sent')
    const encoding = new SenderEncoding(own)
    await encoding.apply({ maxBitrate: 100_000, active: true })
    sender.close()
    await encoding.apply({ maxBitrate: 50_000, active: true })
  })
})
