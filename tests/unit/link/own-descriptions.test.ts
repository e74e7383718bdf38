import wrtc from '@roamhq/wrtc'
import { describe, expect, it, onTestFinished } from 'vitest'
import { withOwnDescriptions } from '../../../sdk/link/own-descriptions.js'

const asked: string[] = []

/** A connection of the engine that cannot be asked for its descriptions. */
const open = (): RTCPeerConnection => {
  const real = new wrtc.RTCPeerConnection({ iceServers: [] })
  onTestFinished(() => real.close())
  asked.length = 0
  const watched = new Proxy(real, {
    get: (target, name) => {
      if (String(name).endsWith('Description') && !String(name).startsWith('set')) asked.push(String(name))
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return withOwnDescriptions(watched)
}

/** Set as the local one, with all candidates told. */
const describeLocal = async (connection: RTCPeerConnection, made: RTCSessionDescriptionInit): Promise<string[]> => {
  const told: string[] = []
  const complete = new Promise<void>((resolve) => {
    connection.onicecandidate = ({ candidate }) => {
      if (candidate === null || candidate.candidate === '') {
        resolve()
        return
      }
      told.push(candidate.candidate)
      expect(connection.localDescription?.sdp).toContain(`a=${candidate.candidate}\r\n`)
    }
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === 'complete') resolve()
    }
  })
  await connection.setLocalDescription(made)
  await complete
  return told
}

describe('the descriptions of a connection whose engine must not be asked for them', () => {
  it('are those that were set, with the candidates told so far, and the engine is not asked', async () => {
    const [ada, bob] = [open(), open()]
    const channel = ada.createDataChannel('one', { negotiated: true, id: 0 })
    const opened = new Promise((resolve) => {
      channel.onopen = resolve
    })
    bob.createDataChannel('one', { negotiated: true, id: 0 })
    expect([ada.localDescription, ada.remoteDescription]).toEqual([null, null])

    const offer = await ada.createOffer()
    const told = await describeLocal(ada, offer)
    expect(told).not.toEqual([])
    expect(ada.localDescription).toEqual({
      type: 'offer',
      sdp: `${offer.sdp ?? ''}${told.map((line) => `a=${line}\r\n`).join('')}`,
    })

    // Complete as they are: no candidate travels by itself.
    await bob.setRemoteDescription(ada.localDescription as RTCSessionDescriptionInit)
    expect(bob.remoteDescription?.type).toBe('offer')
    await describeLocal(bob, await bob.createAnswer())
    await ada.setRemoteDescription(bob.localDescription as RTCSessionDescriptionInit)
    await opened
    expect(asked).toEqual([])
  })

  it('are left to an engine that is one of a browser', () => {
    const native = new EventTarget() as RTCPeerConnection
    expect(withOwnDescriptions(native)).toBe(native)
  })
})
