/** What can be said of where this runs, beside what is asked of `Platform`. */
export interface RuntimeFacts {
  /** What the browser or Node calls itself. */
  readonly name: string
  /** `null` where there is no such thing, as in Node. */
  readonly isSecureContext: boolean | null
  readonly visibility: string | null
  /** What the device says of its network. */
  readonly isOnline: boolean | null
}

/** Every global may be missing: there are pages, workers, Node, and what is none of these. */
export const readRuntime = (): RuntimeFacts => {
  const { navigator, process, document, isSecureContext } = globalThis as Partial<typeof globalThis>
  // Some bundlers give pages a `process` that has little in it.
  const node = (process as Partial<NodeJS.Process> | undefined)?.versions?.node
  return {
    name: node === undefined ? (navigator?.userAgent ?? 'unknown') : `Node ${node}, ${process?.platform ?? ''}`,
    isSecureContext: isSecureContext ?? null,
    visibility: document?.visibilityState ?? null,
    isOnline: node === undefined ? (navigator?.onLine ?? null) : null,
  }
}
