import wrtc from '@roamhq/wrtc'
import { webRTC } from '../../sdk/link/webrtc.js'
import { countConnections } from '../support/counting-rtc.js'
import { describeLinks } from './link.js'

describeLinks('WebRTC', () => {
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = wrtc
  const { engine, live } = countConnections({ RTCPeerConnection, RTCSessionDescription, RTCIceCandidate })
  return { transport: webRTC({ rtc: () => engine }), openConnections: live }
})
