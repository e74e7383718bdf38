import wrtc from '@roamhq/wrtc'
import SimplePeer from 'simple-peer/simplepeer.min.js'

/** More at a time run out of file descriptors: one that is being set up holds 36. */
const AT_A_TIME = 16

const linkPair = (): Promise<unknown> => {
  const config = { iceServers: [] }
  const [caller, called] = [
    new SimplePeer({ initiator: true, wrtc, config }),
    new SimplePeer({ initiator: false, wrtc, config }),
  ]
  caller.on('signal', (data) => called.signal(data))
  called.on('signal', (data) => caller.signal(data))
  return Promise.all([caller, called].map((peer) => new Promise<void>((resolve) => peer.once('connect', resolve))))
}

/** Pairs without anything around them: each hands its signals straight to the other. */
export const linkSimplePeers = async (): Promise<(members: number) => Promise<void>> => {
  await linkPair()
  return async (members) => {
    let left = (members * (members - 1)) / 2
    const lane = async (): Promise<void> => {
      while (left-- > 0) await linkPair()
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  }
}
