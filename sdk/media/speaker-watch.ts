import { Speakers } from './speakers.js'

/** Often enough for a syllable. */
const EVERY_MS = 200

export interface SpeakerChange {
  /** Who speaks now, by member id; `null`: nobody. */
  readonly id: string | null
  readonly previous: string | null
}

/** A member whose audio comes. */
export interface Heard {
  readonly id: string
  /** From 0 to 1; never rejects. */
  readonly level: () => Promise<number>
}

export interface SpeakerWatchDeps {
  /** Those of whom audio comes, and is not muted. */
  readonly heard: () => readonly Heard[]
  readonly listens: () => boolean
  /** Must not throw. */
  readonly changed: (change: SpeakerChange) => void
  readonly now: () => number
  readonly setTimer: (delayMs: number, run: () => void) => () => void
}

/** Tells who speaks, while somebody wants to know and audio comes from somewhere. */
export class SpeakerWatch {
  readonly #deps: SpeakerWatchDeps
  #speakers: Speakers | null = null
  #cancelTimer: (() => void) | null = null

  constructor(deps: SpeakerWatchDeps) {
    this.#deps = deps
  }

  /** Somebody may be heard who was not, or listen who did not. */
  review(): void {
    if (this.#speakers !== null || !this.#isWanted) return
    this.#listen((this.#speakers = new Speakers()))
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#speakers = null
  }

  get #isWanted(): boolean {
    return this.#deps.listens() && this.#deps.heard().length > 0
  }

  #listen(speakers: Speakers): void {
    this.#cancelTimer = this.#deps.setTimer(EVERY_MS, () => {
      const reading = this.#deps.heard().map(async ({ id, level }) => [id, await level()] as const)
      void Promise.all(reading).then((levels) => {
        if (this.#speakers === speakers) this.#hear(speakers, new Map(levels))
      })
    })
  }

  #hear(speakers: Speakers, levels: ReadonlyMap<string, number>): void {
    const previous = speakers.current
    const id = speakers.hear(levels, this.#deps.now())
    if (id !== previous) this.#deps.changed({ id, previous })
    // Whoever was told may have left the group.
    if (this.#speakers !== speakers) return
    if (this.#isWanted) this.#listen(speakers)
    else this.stop()
  }
}
