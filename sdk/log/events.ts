import { platform } from '#platform'
import type { Emitter } from '../util/emitter.js'
import type { Extensions } from './extensions.js'
import { peerWith, type RemotePeer } from './peers.js'
import type { Opened } from './session.js'

/** Whoever looks at peers looks at all of them, and frames of one come by the hundred. */
const PEERS_MS = 50

/** What a log tells of. */
export interface LogEvents {
  /** Blocks are there that were not before, appended here or by another page or process. They are durable. */
  readonly 'length:change': { readonly previous: number; readonly next: number }
  /**
   * The writer has signed two histories, and from now on nothing is added to the log here. `evidence` proves it to whoever has the log's
   * key. Once for each handle, also when it is opened later.
   */
  readonly 'log:fork': { readonly evidence: Uint8Array }
  /**
   * A peer has said something by one of the extensions of this handle. Listeners are called with three arguments: the extension, the
   * message, the peer.
   */
  readonly extension: { readonly type: string; readonly message: unknown; readonly peer: RemotePeer }
  /** Peers came or went, or have other blocks than before: see `peers()`. Told every 50 ms at most. */
  readonly 'peers:change': Readonly<Record<string, never>>
  /** A call failed whose promise may have nobody who looks at it, a listener threw, a peer sent what an extension cannot read, what was fetched cannot be stored, or what the log is kept in is gone. */
  readonly error: { readonly error: unknown }
}

export type LogEventName = keyof LogEvents

export interface LogListenOptions {
  /** Removes the listener when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Whether to be told once and no more. */
  readonly once?: boolean | undefined
}

/** Tells a handle's listeners what happens to the log; the result ends that. */
export const forward = (opened: Opened, extensions: Extensions, emitter: Emitter<LogEvents>): (() => void) => {
  const { core } = opened
  const { swarm } = opened.hold
  let stopTimer: (() => void) | null = null
  const report = (error: unknown): void => {
    emitter.emit('error', { error })
  }
  const hear = (peerId: string, type: string, payload: Uint8Array): void => {
    try {
      const heard = extensions.decode(type, payload)
      if (heard === null) return
      const peer = peerWith(opened, extensions, report, peerId)
      if (peer !== null) emitter.emit('extension', { type, message: heard.value, peer })
    } catch (error) {
      report(error)
    }
  }
  const tellFork = (evidence: Uint8Array): void => {
    emitter.emit('log:fork', { evidence: evidence.slice() })
  }
  const undo = [
    core.events.on('grow', ({ previous, length }) => {
      emitter.emit('length:change', { previous, next: length })
    }),
    core.events.on('fork', ({ evidence }) => tellFork(evidence)),
    swarm.events.on('extension', ({ peerId, name, payload }) => hear(peerId, name, payload)),
    swarm.events.on('failed', ({ error }) => report(error)),
    swarm.events.on('change', () => {
      if (!emitter.has('peers:change')) return
      stopTimer ??= platform.setTimer(PEERS_MS, () => {
        stopTimer = null
        emitter.emit('peers:change', Object.freeze({}))
      })
    }),
  ]
  if (core.state.fork !== null) tellFork(core.state.fork)
  return () => {
    stopTimer?.()
    for (const each of undo) each()
  }
}
