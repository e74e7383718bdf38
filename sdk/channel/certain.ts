import type { OwnStream } from '../mesh/streams.js'

/** What became of a frame: the member has it, or will not get it because it has stalled, or nobody is there to get it. */
type Outcome = 'had' | 'lost' | 'gone'

type Sendable = Pick<OwnStream, 'send'>

/** Sends a frame and resolves once it is known what became of it. Never rejects. */
export const sendCertain = async (stream: Sendable, to: string, frame: Uint8Array): Promise<Outcome> => {
  try {
    const failure = (await stream.send(to, frame, { confirm: true }))?.failed[0]
    if (failure === undefined) return 'had'
    return failure.code === 'member-stalled' ? 'lost' : 'gone'
  } catch {
    return 'gone'
  }
}

/**
 * Sends a frame until the member has it, or is gone: one that is to end something for which the other side would wait for ever. It may
 * come twice. Each time a whole window has to fill up and wait before it is given up, so this does not turn in circles.
 */
export const sendUntilHad = async (stream: Sendable, to: string, frame: Uint8Array): Promise<void> => {
  // A stream owns the bytes that it is given.
  while ((await sendCertain(stream, to, frame.slice())) === 'lost') continue
}
