import { DecodeError } from '../../protocol/decode-error.js'
import { decodeSetupMessage, encodeSetupMessage } from '../../protocol/setup-message.js'
import type { Alarm } from '../alarm.js'
import type { Core } from '../core.js'
import type { CarrierId } from '../events.js'
import type { Peer, Setup, Way } from '../peer.js'

const MAX_CANDIDATES = 64
/** Candidates come one by one, a few at a time; each frame of its own would cost the server as much as all. */
const GATHER_MS = 5

/** Carries candidates that are found after the description to the other side, those found together in one frame. */
export class Candidates {
  readonly #core: Core
  readonly #alarm: Alarm
  readonly #sendFrame: (peer: Peer, way: Way, frame: Uint8Array) => boolean

  constructor(core: Core, alarm: Alarm, sendFrame: (peer: Peer, way: Way, frame: Uint8Array) => boolean) {
    this.#core = core
    this.#alarm = alarm
    this.#sendFrame = sendFrame
  }

  /** Keeps one while there is no session to seal it under, and for a moment after. */
  hold(setup: Setup, candidate: Uint8Array): void {
    if (setup.type !== 'offered' && setup.type !== 'linking') return
    if (setup.candidates.length >= MAX_CANDIDATES) return
    setup.candidates.push(candidate)
    if (setup.type === 'offered' || setup.sendAtMs !== Infinity) return
    setup.sendAtMs = this.#core.nowMs + GATHER_MS
    this.#alarm.at(setup.sendAtMs)
  }

  /** Sends what is held, once there is a session. */
  send(peer: Peer): void {
    const { setup } = peer
    if (setup.type !== 'linking' || setup.candidates.length === 0) return
    setup.sendAtMs = Infinity
    const message = encodeSetupMessage({ kind: 'candidates', candidates: setup.candidates.splice(0) })
    this.#sendFrame(peer, setup.way, setup.session.sealSetup(message))
  }

  /** Hands those of the other side to the link. */
  receive(carrier: CarrierId, message: Uint8Array): void {
    for (const candidate of decodeCandidates(message)) this.#core.effects.signalLink(carrier, candidate.slice())
  }
}

/** What is not understood says nothing of who sealed it: a later version may. */
const decodeCandidates = (message: Uint8Array): readonly Uint8Array[] => {
  try {
    return decodeSetupMessage(message)?.candidates ?? []
  } catch (error) {
    if (error instanceof DecodeError) return []
    throw error
  }
}
