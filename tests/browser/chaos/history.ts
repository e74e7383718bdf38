/** What a member did and saw, in its own order: what each page and bot under fault reports of itself. */
export type Entry = { readonly atMs: number } & (
  | { readonly type: 'join'; readonly id: string }
  | { readonly type: 'leave'; readonly id: string; readonly reason: string }
  | { readonly type: 'path'; readonly id: string; readonly path: string }
  /** Numbers count everything that a member sends. */
  | { readonly type: 'sent'; readonly number: number; readonly to: Addressee }
  | { readonly type: 'rejected'; readonly number: number; readonly code: string }
  | { readonly type: 'failed'; readonly id: string; readonly code: string; readonly count: number }
  | ({ readonly type: 'got'; readonly from: string; readonly to: 'all' | 'me' } & Letter)
)

/** A member's id, or `all`. */
export type Addressee = string

/** What a message says of itself, whoever brought it. */
export interface Letter {
  readonly author: string
  readonly number: number
  readonly addressee: Addressee
  /** Every character after that is as it was written. */
  readonly intact: boolean
}

/** One join of one page or bot, from its first entry. */
export interface History {
  readonly id: string
  /** Of the page or bot, which may join again as another member. */
  readonly name: string
  readonly entries: readonly Entry[]
  /** When it was closed, killed or reloaded; from then on nothing is owed to it or by it. */
  readonly endedAtMs: number | null
}
