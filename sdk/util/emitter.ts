import { callGuarded } from './guard.js'

interface Entry<Payload> {
  readonly listener: (payload: Payload) => unknown
  readonly off: () => void
  readonly once: boolean
}

/**
 * Listeners by event name. They are called in the order in which they were added, over a copy: one added during an
 * event waits for the next, one removed during it is not called any more.
 *
 * A listener that throws, or whose promise rejects, is reported to `onError` and keeps no other from its call.
 */
export class Emitter<Events extends object> {
  readonly #entries: { [Name in keyof Events]?: Set<Entry<Events[Name]>> } = Object.create(null) as object
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /**
   * Adds a listener and returns what removes it, which may be called any number of times. The same function added
   * twice is called twice. An aborted `signal` removes it as well, or keeps it from being added.
   */
  on<Name extends keyof Events>(
    name: Name,
    listener: (payload: Events[Name]) => unknown,
    options: { readonly signal?: AbortSignal | undefined; readonly once?: boolean | undefined } = {},
  ): () => void {
    const { signal, once = false } = options
    const entries = (this.#entries[name] ??= new Set())
    const off = () => {
      entries.delete(entry)
      signal?.removeEventListener('abort', off)
    }
    const entry = { listener, off, once }
    if (signal?.aborted) return off
    entries.add(entry)
    signal?.addEventListener('abort', off)
    return off
  }

  has(name: keyof Events): boolean {
    return (this.#entries[name]?.size ?? 0) > 0
  }

  /** Whether anybody was listening. */
  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): boolean {
    const entries = this.#entries[name]
    if (entries === undefined || entries.size === 0) return false
    for (const entry of [...entries]) {
      if (!entries.has(entry)) continue
      // Before the call, so that an event raised by the listener itself does not reach it again.
      if (entry.once) entry.off()
      callGuarded(() => entry.listener(payload), this.#onError)
    }
    return true
  }

  /** Removes every listener. */
  clear(): void {
    for (const name of Object.keys(this.#entries) as (keyof Events)[]) {
      for (const entry of [...(this.#entries[name] ?? [])]) entry.off()
    }
  }
}
