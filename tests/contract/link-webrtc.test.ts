import wrtc from '@roamhq/wrtc'
import { expect, it } from 'vitest'
import type { SignaledTransport } from '../../sdk/link/link.js'
import { webRTC } from '../../sdk/link/webrtc.js'
import { countConnections } from '../support/counting-rtc.js'
import { describeLinks } from './link.js'

const setup = () => {
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = wrtc
  const { engine, live } = countConnections({ RTCPeerConnection, RTCSessionDescription, RTCIceCandidate })
  return { transport: webRTC({ rtc: () => engine }), openConnections: live }
}

const expectBefore = (transport: SignaledTransport, memberId: string) => {
  const expected = transport.expect?.({ memberId, iceServers: [] })
  if (expected === undefined) throw new Error('the transport makes nothing ready')
  return expected
}

describeLinks('WebRTC', setup)

describeLinks('WebRTC that was made ready before', () => {
  const { transport, openConnections } = setup()
  const open: SignaledTransport['open'] = (options) => {
    const { memberId, remote, handlers } = options
    return remote === null ? transport.open(options) : expectBefore(transport, memberId).open({ remote, handlers })
  }
  return { transport: { ...transport, open }, openConnections }
})

it('WebRTC that was made ready for nothing is closed', async () => {
  const { transport, openConnections } = setup()
  await transport.load()
  const expected = expectBefore(transport, 'bob')
  expect(openConnections()).toBe(1)
  expected.close()
  expect(openConnections()).toBe(0)
})
