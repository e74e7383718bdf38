import { describe, expect, it } from 'vitest'
import { audioLevelsOf, LinkMeter, type StatsEntry } from '../../../sdk/media/link-meter.js'
import { connectMedia } from '../../support/media-loopback.js'

const entriesOf = async (connection: RTCPeerConnection): Promise<StatsEntry[]> => {
  const report = (await connection.getStats()) as unknown as ReadonlyMap<string, StatsEntry>
  return [...report.values()]
}

/** What Firefox has: no transport that names its pair, and no estimate. */
const plain: readonly StatsEntry[] = [
  { id: 'other', type: 'candidate-pair', currentRoundTripTime: 9 },
  { id: 'pair', type: 'candidate-pair', selected: true },
  { id: 'audio', type: 'outbound-rtp', kind: 'audio', bytesSent: 1_000, packetsSent: 100 },
  { id: 'video', type: 'outbound-rtp', kind: 'video', bytesSent: 9_000, packetsSent: 300 },
  { id: 'a', type: 'remote-inbound-rtp', localId: 'audio', fractionLost: 0, roundTripTime: 0.25 },
  { id: 'v', type: 'remote-inbound-rtp', localId: 'video', fractionLost: 0.2 },
]

describe('figures of a link', () => {
  it('are those of real media in both directions', { timeout: 60_000 }, async () => {
    const { sender, receiver, tracks } = await connectMedia({ width: 160, height: 120 })
    const [sending, receiving] = [new LinkMeter(), new LinkMeter()]
    const read = async () => ({
      sent: sending.read(await entriesOf(sender), Date.now()),
      received: receiving.read(await entriesOf(receiver), Date.now()),
    })
    let figures = await read()
    let levels = audioLevelsOf([])
    await expect
      .poll(
        async () => {
          figures = await read()
          levels = audioLevelsOf(await entriesOf(receiver))
          const { sent, received } = figures
          return (
            sent.estimate.loss !== null &&
            sent.sentBitrate > 10_000 &&
            received.receivedBitrate > 10_000 &&
            received.receivedVideos.size === 1 &&
            [...levels.values()].some((level) => level > 0.1)
          )
        },
        { timeout: 30_000, interval: 500 },
      )
      .toBe(true)
    const { sent, received } = figures
    expect(sent.estimate.availableBitrate).toBeGreaterThan(100_000)
    expect(sent.estimate.rttMs).toBeGreaterThanOrEqual(0)
    expect(sent.sentVideos).toMatchObject([{ width: 160, height: 120 }])
    expect([...received.receivedVideos.values()]).toMatchObject([{ width: 160, height: 120 }])
    const ids = (kind: string) => tracks.filter((track) => track.kind === kind).map(({ id }) => id)
    expect([...received.receivedVideos.keys()]).toEqual(ids('video'))
    expect([...levels.keys()]).toEqual(ids('audio'))
    expect(sent.receivedVideos.size + received.sentVideos.length).toBe(0)
  })

  it('are rates since the reading before, and none with the first', () => {
    const meter = new LinkMeter()
    expect(meter.read(plain, 1_000)).toMatchObject({ sentBitrate: 0, receivedBitrate: 0 })
    const later = plain.map((entry) => ({ ...entry, bytesSent: (entry.bytesSent ?? 0) + 500 }))
    expect(meter.read(later, 3_000).sentBitrate).toBe(4_000)
    // The same at the same time is no reason to divide by nothing; nor is a counter that begins anew one for less than none.
    expect(meter.read(later, 3_000).sentBitrate).toBe(0)
    expect(meter.read(plain, 4_000).sentBitrate).toBe(0)
  })

  it('weigh what is lost by how much was sent', () => {
    const { estimate } = new LinkMeter().read(plain, 1_000)
    expect(estimate).toEqual({ availableBitrate: null, isLimiting: false, rttMs: 250, loss: 0.15 })
  })

  it('say what limits: an estimate that is nearly sent, or an encoder that says so where there is not much more to be had', () => {
    const withEstimate = (availableOutgoingBitrate: number, reason = 'none'): StatsEntry[] => [
      { id: 't', type: 'transport', selectedCandidatePairId: 'pair' },
      { id: 'pair', type: 'candidate-pair', availableOutgoingBitrate, currentRoundTripTime: 0.05 },
      { id: 'video', type: 'outbound-rtp', kind: 'video', bytesSent: 0, qualityLimitationReason: reason },
    ]
    const limiting = (availableBitrate: number, reason?: string): boolean => {
      const meter = new LinkMeter()
      meter.read(withEstimate(availableBitrate, reason), 0)
      const sent = withEstimate(availableBitrate, reason).map((entry) => ({ ...entry, bytesSent: 12_500 }))
      return meter.read(sent, 1_000).estimate.isLimiting
    }
    expect([limiting(120_000), limiting(200_000), limiting(200_000, 'cpu')]).toEqual([true, false, false])
    expect([limiting(200_000, 'bandwidth'), limiting(400_000, 'bandwidth')]).toEqual([true, false])
  })

  it('are empty of a connection that is not there yet', () => {
    expect(new LinkMeter().read([], 5)).toEqual({
      estimate: { availableBitrate: null, isLimiting: false, rttMs: null, loss: null },
      sentBitrate: 0,
      receivedBitrate: 0,
      sentVideos: [],
      receivedVideos: new Map(),
    })
  })
})
