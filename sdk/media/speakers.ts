/** Levels rise to what is heard within a syllable and fall over a word, so that the gaps between are none. */
const RISE_MS = 100
const FALL_MS = 400
/** Of full scale, as `audioLevel` has it: a quiet voice, some -40 dB. */
const LEAST_LEVEL = 0.01
/** What goes on as it is, like a fan, is taken for silence after a quarter of a minute; speech has pauses. */
const FLOOR_RISE_MS = 20_000
const ABOVE_FLOOR = 2
/** Cups and coughs are over by then. */
const BEGIN_MS = 200
/** How much louder another one must be, and for how long, to be shown in place of whoever still speaks. */
const LOUDER = 1.5
const TAKE_OVER_MS = 1_000
/** Nobody is shown for less, so that faces do not jump. */
const HOLD_MS = 1_500
/** A breath is not the end. */
const SILENCE_MS = 2_000
/** What was not measured for so long is not gone on from: the page slept. */
const LONGEST_STEP_MS = 1_000

interface Voice {
  level: number
  /** What of it is always there. */
  floor: number
  /** For how long it has been heard since it was silent. */
  spokenMs: number
  /** Since when it has been the louder one. */
  louderSinceMs: number | null
  heardMs: number
}

const approach = (from: number, to: number, elapsedMs: number, timeMs: number): number =>
  to + (from - to) * Math.exp(-elapsedMs / timeMs)

/**
 * Who speaks: one member at a time, or nobody. Told levels a few times a second, it answers with the id. Whoever speaks is kept through
 * breaths, coughs of others and short interruptions; whoever is gone is not.
 */
export class Speakers {
  readonly #voices = new Map<string, Voice>()
  #current: string | null = null
  #currentSinceMs = 0
  #lastMs: number | null = null

  get current(): string | null {
    return this.#current
  }

  /** The level of every member that sends audio now, from 0 to 1; one that is missing, or muted, is not asked. */
  hear(levels: ReadonlyMap<string, number>, nowMs: number): string | null {
    const elapsedMs = Math.min(LONGEST_STEP_MS, Math.max(0, nowMs - (this.#lastMs ?? nowMs)))
    this.#lastMs = nowMs
    for (const id of this.#voices.keys()) if (!levels.has(id)) this.#voices.delete(id)
    for (const [id, level] of levels) this.#listen(id, level, elapsedMs, nowMs)
    const next = this.#choose(nowMs)
    if (next !== this.#current) {
      this.#current = next
      this.#currentSinceMs = nowMs
      for (const voice of this.#voices.values()) voice.louderSinceMs = null
    }
    return next
  }

  #listen(id: string, heard: number, elapsedMs: number, nowMs: number): void {
    // From another machine it may be anything.
    const level = Number.isFinite(heard) ? Math.min(1, Math.max(0, heard)) : 0
    let voice = this.#voices.get(id)
    if (voice === undefined) {
      voice = { level: 0, floor: 0, spokenMs: 0, louderSinceMs: null, heardMs: -Infinity }
      this.#voices.set(id, voice)
    }
    voice.level = approach(voice.level, level, elapsedMs, level > voice.level ? RISE_MS : FALL_MS)
    voice.floor = voice.level < voice.floor ? voice.level : approach(voice.floor, voice.level, elapsedMs, FLOOR_RISE_MS)
    const threshold = Math.max(LEAST_LEVEL, voice.floor * ABOVE_FLOOR)
    // By itself, and not by its echo in the level: that of a short noise is long.
    if (level >= threshold) voice.spokenMs += elapsedMs
    if (voice.level < threshold) voice.spokenMs = 0
    else voice.heardMs = nowMs
  }

  #choose(nowMs: number): string | null {
    const current = this.#current === null ? undefined : this.#voices.get(this.#current)
    const isOver = current === undefined || nowMs - current.heardMs >= SILENCE_MS
    const loudest = this.#loudest()
    if (isOver) return loudest
    if (loudest === null || loudest === this.#current) {
      for (const voice of this.#voices.values()) voice.louderSinceMs = null
      return this.#current
    }
    const other = this.#voices.get(loudest) as Voice
    for (const [id, voice] of this.#voices) if (id !== loudest) voice.louderSinceMs = null
    // In its pause it is as quiet as it was loud, so whoever answers then is louder.
    if (other.level < current.level * LOUDER) other.louderSinceMs = null
    else other.louderSinceMs ??= nowMs
    const isLouder = other.louderSinceMs !== null && nowMs - other.louderSinceMs >= TAKE_OVER_MS
    return isLouder && nowMs - this.#currentSinceMs >= HOLD_MS ? loudest : this.#current
  }

  /** Of those who have begun to speak, and not only coughed. */
  #loudest(): string | null {
    let loudest: string | null = null
    let most = 0
    for (const [id, { level, spokenMs }] of this.#voices) {
      if (spokenMs < BEGIN_MS || level <= most) continue
      loudest = id
      most = level
    }
    return loudest
  }
}
