import type { MediaLink, TrackKind } from '../link/media.js'

/** What is to go out under a label; no track: nothing now. */
export interface Outgoing {
  readonly kind: TrackKind
  readonly track: MediaStreamTrack | null
}

/** A link, and what I send over it. */
export class Line {
  readonly link: MediaLink
  readonly #sent = new Map<number, Outgoing>()
  /** What the engine has not taken yet: whoever asks for the same meanwhile waits for the same. */
  readonly #pending = new Map<number, Promise<void>>()

  constructor(link: MediaLink) {
    this.link = link
  }

  /** Sends this and nothing else. Resolves when that is so; rejects with what the engine says of a track. */
  async carry(wanted: ReadonlyMap<number, Outgoing>): Promise<void> {
    for (const label of this.#sent.keys()) {
      if (wanted.has(label)) continue
      this.#sent.delete(label)
      this.link.stop(label)
    }
    for (const [label, next] of wanted) {
      const sent = this.#sent.get(label)
      if (sent?.track !== next.track) this.#send(label, next)
    }
    await Promise.all(this.#pending.values())
  }

  #send(label: number, next: Outgoing): void {
    this.#sent.set(label, next)
    const sending = this.link.send(label, next.kind, next.track).finally(() => {
      if (this.#pending.get(label) === sending) this.#pending.delete(label)
    })
    this.#pending.set(label, sending)
  }
}
