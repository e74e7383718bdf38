/**
 * A member in a process of Node, for links from a page: the very code that the pages run, with the WebRTC of
 * @roamhq/wrtc under the names that it has in browsers. Says `joined`, and answers whatever asks for an answer.
 */
import wrtc from '@roamhq/wrtc'
import { WebSocket } from 'ws'
import type { Join, JoinOptions } from '../page/member.js'
import { Participant } from '../page/participant.js'
import { reportHeap } from './heap.js'

const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = wrtc
Object.assign(globalThis, { WebSocket, RTCPeerConnection, RTCSessionDescription, RTCIceCandidate })

const [side = '', options = '{}'] = process.argv.slice(2)
const { join } = (await import(`../page/${side}.js`)) as { readonly join: Join }
const participant = new Participant(join)
await participant.join(JSON.parse(options) as JoinOptions)
reportHeap(participant)
console.log('joined')
