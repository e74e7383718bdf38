import { FRAME } from '../../sdk/protocol/codes.js'
import { decodeRelaySealed, relayedSetup } from '../../sdk/protocol/relay-frames.js'
import { decodeServerFrame } from '../../sdk/protocol/server-frames.js'
import type { Random } from '../support/random.js'
import type { Tamper } from './member.js'
import { text } from './memory.js'
import type { VirtualServer } from './server.js'

/** How far back receivers look: sealed frames, and what follows a handshake. */
export const relayWindow = 1_024
export const setupWindow = 64
/** Larger ones would take room from what they are to do no harm to. */
const largestBytes = 1_024
const rememberedSignals = 64

/** What is written again, how often and how much of it, so that slow links still do their work. */
export interface Repeating {
  readonly random: Random
  readonly chance: number
  bytesLeft: number
}

/** Frames by their counters, and which of them tell a window from one that is a little off: its ends and beyond. */
class Sealed {
  readonly #streams = new Map<string, Map<number, Uint8Array>>()
  readonly #ages: readonly number[]
  readonly #size: number

  constructor(window: number) {
    this.#ages = [0, 1, window - 1, window, window + 1]
    this.#size = window + 2
  }

  add(stream: string, counter: number, frame: Uint8Array): readonly Uint8Array[] {
    const frames = this.#streams.get(stream) ?? new Map<number, Uint8Array>()
    this.#streams.set(stream, frames)
    frames.set(counter, frame.slice())
    frames.delete(counter - this.#size)
    return this.#ages.flatMap((age) => frames.get(counter - age) ?? [])
  }
}

const spend = (repeating: Repeating, frames: readonly Uint8Array[]): readonly Uint8Array[] => {
  if (!repeating.random.chance(repeating.chance)) return []
  return frames.filter(({ length }) => {
    if (length > repeating.bytesLeft) return false
    repeating.bytesLeft -= length
    return true
  })
}

/** Where the session and the counter of a SIG frame stand, before what is sealed. */
const setupCounter = (frame: Uint8Array): number =>
  new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(9, true)
const setupSession = (frame: Uint8Array): string => text(frame.subarray(1, 9))

/** What a member writes to others or forwards between them, under the keys of the two ends. */
export const repeatRelayed = (repeating: Repeating): Tamper => {
  const relayed = new Sealed(relayWindow)
  const setups = new Sealed(setupWindow)
  return (frame, carrier) => {
    if (frame.length > largestBytes || (frame[0] !== FRAME.RLY && frame[0] !== FRAME.RHS)) return []
    // From its address to the session that it names.
    const stream = `${carrier} ${text(frame.subarray(3, 43))}`
    if (frame[0] === FRAME.RLY) return spend(repeating, relayed.add(stream, decodeRelaySealed(frame).counter, frame))
    const setup = relayedSetup(frame)
    if (setup[0] !== FRAME.SIG) return spend(repeating, [frame.slice()])
    return spend(repeating, setups.add(`${stream} ${setupSession(setup)}`, setupCounter(setup), frame))
  }
}

/** The server shows members what it has brought them before. */
export const repeatSignals = (repeating: Repeating): VirtualServer['tamper'] => {
  const brought = new Map<number, Uint8Array[]>()
  const setups = new Sealed(setupWindow)
  return (bytes, socket) => {
    const frame = decodeServerFrame(bytes)
    if (frame.type !== 'signal') return []
    const { payload } = frame
    if (payload[0] === FRAME.SIG) {
      return spend(repeating, setups.add(`${socket.number} ${setupSession(payload)}`, setupCounter(payload), bytes))
    }
    const frames = brought.get(socket.number) ?? []
    brought.set(socket.number, frames)
    frames.push(bytes.slice())
    if (frames.length > rememberedSignals) frames.shift()
    return spend(repeating, [bytes.slice(), repeating.random.pick(frames)])
  }
}
