import type { Emitter } from '../util/emitter.js'
import type { Opened } from './session.js'

/** What a log tells of. */
export interface LogEvents {
  /** Blocks are there that were not before, appended here or by another page or process. They are durable. */
  readonly 'length:change': { readonly previous: number; readonly next: number }
  /**
   * The writer has signed two histories, and from now on nothing is added to the log here. `evidence` proves it to whoever has the log's
   * key. Once for each handle, also when it is opened later.
   */
  readonly 'log:fork': { readonly evidence: Uint8Array }
  /** A call failed whose promise may have nobody who looks at it, a listener threw, or what the log is kept in is gone. */
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
export const forward = ({ core }: Opened, emitter: Emitter<LogEvents>): (() => void) => {
  const tellFork = (evidence: Uint8Array): void => {
    emitter.emit('log:fork', { evidence: evidence.slice() })
  }
  const undo = [
    core.events.on('grow', ({ previous, length }) => {
      emitter.emit('length:change', { previous, next: length })
    }),
    core.events.on('fork', ({ evidence }) => tellFork(evidence)),
  ]
  if (core.state.fork !== null) tellFork(core.state.fork)
  return () => {
    for (const each of undo) each()
  }
}
