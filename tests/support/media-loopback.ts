/** Real media from one connection of Node to another in the same process, without a camera. */
import wrtc from '@roamhq/wrtc'
import { onTestFinished } from 'vitest'
import { createChunk, createFrame } from './raw-media.js'

interface VideoInput {
  createTrack(): MediaStreamTrack
  onFrame(frame: { readonly width: number; readonly height: number; readonly data: Uint8Array }): void
}

interface AudioInput {
  createTrack(): MediaStreamTrack
  onData(chunk: { readonly samples: Int16Array; readonly sampleRate: number; readonly channelCount: number }): void
}

/** The types of the package say neither that frames have no samples nor what may be left out. */
const { RTCVideoSource, RTCAudioSource } = wrtc.nonstandard as unknown as {
  readonly RTCVideoSource: new () => VideoInput
  readonly RTCAudioSource: new () => AudioInput
}

const FRAME_MS = 40
const CHUNK_MS = 10

export interface MediaLoopback {
  readonly sender: RTCPeerConnection
  readonly receiver: RTCPeerConnection
  /** As they are received. */
  readonly tracks: readonly MediaStreamTrack[]
}

/** Two connections of one process, over which the first sends a video of this size and a tone. */
export const connectMedia = async (size: { width: number; height: number }): Promise<MediaLoopback> => {
  const [sender, receiver] = [new wrtc.RTCPeerConnection(), new wrtc.RTCPeerConnection()]
  const [video, audio] = [new RTCVideoSource(), new RTCAudioSource()]
  const sent = [video.createTrack(), audio.createTrack()]
  const timers: NodeJS.Timeout[] = []
  onTestFinished(() => {
    for (const timer of timers) clearInterval(timer)
    sender.close()
    receiver.close()
    for (const track of sent) track.stop()
  })
  const passOn = (from: RTCPeerConnection, to: RTCPeerConnection): void => {
    from.onicecandidate = ({ candidate }) => {
      // What is found after one of them was closed is of no use.
      if (candidate !== null) to.addIceCandidate(candidate).catch(() => undefined)
    }
  }
  passOn(sender, receiver)
  passOn(receiver, sender)
  const tracks: MediaStreamTrack[] = []
  receiver.ontrack = ({ track }) => tracks.push(track)
  for (const track of sent) sender.addTrack(track)
  await sender.setLocalDescription(await sender.createOffer())
  await receiver.setRemoteDescription(sender.localDescription as RTCSessionDescription)
  await receiver.setLocalDescription(await receiver.createAnswer())
  await sender.setRemoteDescription(receiver.localDescription as RTCSessionDescription)
  let [shown, said] = [0, 0]
  timers.push(
    setInterval(() => video.onFrame(createFrame(size.width, size.height, 16 + (shown++ % 200))), FRAME_MS),
    setInterval(() => audio.onData(createChunk(said++)), CHUNK_MS),
  )
  return { sender, receiver, tracks }
}
