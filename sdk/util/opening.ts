/** What was opened, and how it is closed. */
export interface Held<Opened> {
  readonly opened: Opened
  /** Gives back all that was taken. Must not reject. */
  readonly leave: () => Promise<unknown>
}

type Stage<Opened> =
  | { readonly name: 'idle' }
  | { readonly name: 'opening'; readonly opening: Promise<Opened> }
  | { readonly name: 'open'; readonly held: Held<Opened> }
  | { readonly name: 'closed'; readonly closing: Promise<void> }

/** Something that is opened when it is first used, once for all who ask, and closed for good. */
export class Opening<Opened> {
  readonly #begin: () => Promise<Held<Opened>>
  readonly #closed: () => Error
  #stage: Stage<Opened> = { name: 'idle' }
  #known: Opened | null = null

  /** `begin` opens it, and takes nothing where it rejects; `closed` makes the error for who asks too late. */
  constructor(begin: () => Promise<Held<Opened>>, closed: () => Error) {
    this.#begin = begin
    this.#closed = closed
  }

  get isClosed(): boolean {
    return this.#stage.name === 'closed'
  }

  /** What is known without waiting, also once it is closed; `null` before it is open. */
  get known(): Opened | null {
    return this.#known
  }

  /** A failure is not kept: the next call tries again. Rejects with that error once it is closed. */
  open(): Promise<Opened> {
    switch (this.#stage.name) {
      case 'closed':
        return Promise.reject(this.#closed())
      case 'open':
        return Promise.resolve(this.#stage.held.opened)
      case 'opening':
        return this.#stage.opening
      case 'idle': {
        const opening = this.#attempt()
        this.#stage = { name: 'opening', opening }
        return opening
      }
    }
  }

  async #attempt(): Promise<Opened> {
    try {
      const held = await this.#begin()
      if (this.isClosed) {
        await held.leave()
        throw this.#closed()
      }
      this.#stage = { name: 'open', held }
      this.#known = held.opened
      return held.opened
    } catch (error) {
      if (this.#stage.name === 'opening') this.#stage = { name: 'idle' }
      throw error
    }
  }

  /** Resolves when all is given back, what is being opened too. Idempotent; never rejects. */
  close(): Promise<void> {
    if (this.#stage.name === 'closed') return this.#stage.closing
    const closing = closeFrom(this.#stage)
    this.#stage = { name: 'closed', closing }
    return closing
  }
}

const closeFrom = async <Opened>(stage: Stage<Opened>): Promise<void> => {
  if (stage.name === 'open') await stage.held.leave()
  // It finds itself closed, and gives back what it has.
  if (stage.name === 'opening') await stage.opening.catch(() => undefined)
}
