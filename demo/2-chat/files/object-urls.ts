interface Kept {
  readonly url: string
  readonly size: number
  readonly onGone: () => void
}

/** Addresses of files within this page. Each keeps its file alive, so the oldest are taken back beyond a total size. */
export class ObjectUrls {
  readonly #maxBytes: number
  readonly #kept: Kept[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** `onGone` is called when the address stops working. */
  create(blob: Blob, onGone: () => void): string {
    const url = URL.createObjectURL(blob)
    this.#kept.push({ url, size: blob.size, onGone })
    this.#bytes += blob.size
    while (this.#bytes > this.#maxBytes && this.#kept.length > 1) this.#dropOldest()
    return url
  }

  #dropOldest(): void {
    const oldest = this.#kept.shift()
    if (oldest === undefined) return
    this.#bytes -= oldest.size
    URL.revokeObjectURL(oldest.url)
    oldest.onGone()
  }
}
