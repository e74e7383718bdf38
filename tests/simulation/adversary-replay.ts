import { FRAME } from '../../sdk/protocol/codes.js'
import { decodeRelaySealed, relaySessionMark } from '../../sdk/protocol/relay-frames.js'
import { decodeServerFrame } from '../../sdk/protocol/server-frames.js'
import type { Random } from '../support/random.js'
import type { Tamper } from './member.js'
import { text } from './memory.js'
import type { VirtualServer } from './server.js'

/** As far back as receivers look, and the counters at both ends of that: behind it a frame is too old, and not new. */
export const relayWindow = 1_024
const ages = [0, 1, relayWindow - 1, relayWindow, relayWindow + 1]
const remembered = relayWindow + 16
/** Larger ones would take room from what they are to do no harm to. */
const largestBytes = 1_024
const rememberedSignals = 64

/** What may be written beyond what is honest, so that slow links still do their work. */
export interface Budget {
  bytes: number
}

const spend = (budget: Budget, frames: readonly Uint8Array[]): readonly Uint8Array[] =>
  frames.filter((frame) => {
    if (frame.length > budget.bytes) return false
    budget.bytes -= frame.length
    return true
  })

/** Writes sealed frames and set-up frames again: the one just written, the one before, those at the window's end. */
export const repeatRelayed = (random: Random, budget: Budget, chance: number): Tamper => {
  const written = new Map<string, Map<number, Uint8Array>>()
  return (frame, carrier) => {
    if (frame.length > largestBytes) return []
    if (frame[0] === FRAME.RHS) return random.chance(chance) ? spend(budget, [frame.slice()]) : []
    if (frame[0] !== FRAME.RLY) return []
    const stream = `${carrier} ${text(frame.subarray(3, 35))} ${text(relaySessionMark(frame))}`
    const frames = written.get(stream) ?? new Map<number, Uint8Array>()
    written.set(stream, frames)
    const { counter } = decodeRelaySealed(frame)
    frames.set(counter, frame.slice())
    frames.delete(counter - remembered)
    if (!random.chance(chance)) return []
    return spend(
      budget,
      ages.flatMap((age) => frames.get(counter - age) ?? []),
    )
  }
}

/** The server shows members what it has brought them before. */
export const repeatSignals = (random: Random, budget: Budget, chance: number): VirtualServer['tamper'] => {
  const written = new Map<number, Uint8Array[]>()
  return (frame, socket) => {
    if (decodeServerFrame(frame).type !== 'signal') return []
    const frames = written.get(socket.number) ?? []
    written.set(socket.number, frames)
    frames.push(frame.slice())
    if (frames.length > rememberedSignals) frames.shift()
    return random.chance(chance) ? spend(budget, [frame.slice(), random.pick(frames)]) : []
  }
}
