import { MAX_LISTED_LOGS } from '../../protocol/limits.js'
import { encodeBase64url } from '../../util/base64url.js'

/** A log that members of the group list. */
export interface ListedLog {
  readonly key: Uint8Array
  /** Ids of the members that do. */
  readonly members: readonly string[]
}

/** Which logs members of a group tell all others of: mine, and theirs. */
export class Listed {
  readonly #own = new Map<string, { readonly key: Uint8Array; count: number }>()
  readonly #theirs = new Map<string, { readonly source: object; readonly keys: ReadonlyMap<string, Uint8Array> }>()
  readonly #ownListeners = new Set<() => void>()
  readonly #listeners = new Set<() => void>()

  own(): readonly Uint8Array[] {
    return [...this.#own.values()].slice(0, MAX_LISTED_LOGS).map(({ key }) => key)
  }

  /** Lists a log; the result ends that, once. */
  add(key: Uint8Array): () => void {
    const name = encodeBase64url(key)
    const entry = this.#own.get(name) ?? { key, count: 0 }
    this.#own.set(name, entry)
    if (++entry.count === 1) for (const listener of this.#ownListeners) listener()
    return () => {
      if (--entry.count > 0) return
      this.#own.delete(name)
      for (const listener of this.#ownListeners) listener()
    }
  }

  /** What a member lists from now on, instead of what it listed before. `source`: where it says so. */
  hear(from: string, keys: readonly Uint8Array[], source: object): void {
    this.#theirs.set(from, { source, keys: new Map(keys.map((key) => [encodeBase64url(key), key.slice()])) })
    for (const listener of [...this.#listeners]) listener()
  }

  /** Unless the member has said something elsewhere since. */
  forget(from: string, source: object): void {
    if (this.#theirs.get(from)?.source !== source) return
    this.#theirs.delete(from)
    for (const listener of [...this.#listeners]) listener()
  }

  /** What others list. */
  theirs(): readonly ListedLog[] {
    const logs = new Map<string, { readonly key: Uint8Array; readonly members: string[] }>()
    for (const [member, { keys }] of this.#theirs) {
      for (const [name, key] of keys) {
        const log = logs.get(name) ?? { key, members: [] }
        log.members.push(member)
        logs.set(name, log)
      }
    }
    return [...logs.values()]
  }

  onOwnChange(listener: () => void): () => void {
    this.#ownListeners.add(listener)
    return () => this.#ownListeners.delete(listener)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
