import type { Presence } from '../sdk/protocol/server-frames.js'
import { randomBelow, RandomSet, type RandomSource } from './random-set.js'

/** One connection that has joined. */
export interface Member extends Presence {
  readonly connection: number
  readonly id: Uint8Array
}

/**
 * The members of one topic, by what they can be picked for. Joining, leaving and picking take the same time in a room
 * of two and in one of a thousand.
 */
export class Room {
  #size = 0
  // Those that want introductions; a full member is in neither.
  readonly #bots = new RandomSet<Member>()
  readonly #others = new RandomSet<Member>()

  get size(): number {
    return this.#size
  }

  add(member: Member): void {
    this.#size++
    this.#list(member)
  }

  remove(member: Member): void {
    this.#size--
    this.#unlist(member)
  }

  replace(member: Member, next: Member): void {
    this.#unlist(member)
    this.#list(next)
  }

  /** Up to `count` members that want introductions, bots first, none of those that `skip` names. */
  pick(count: number, skip: (member: Member) => boolean, random: RandomSource): Member[] {
    return take(count, skip, random, [this.#bots, this.#others])
  }

  /**
   * One member at random, bot or not. Always a bot would do for newcomers, but this pick heals splits, and the bots may
   * all be on the asker's side of one.
   */
  pickAny(skip: (member: Member) => boolean, random: RandomSource): Member[] {
    const total = this.#bots.size + this.#others.size
    const botsFirst = total > 0 && randomBelow(total, random) < this.#bots.size
    return take(1, skip, random, botsFirst ? [this.#bots, this.#others] : [this.#others, this.#bots])
  }

  #list(member: Member): void {
    if (member.full) return
    if (member.bot) this.#bots.add(member)
    else this.#others.add(member)
  }

  #unlist(member: Member): void {
    this.#bots.delete(member)
    this.#others.delete(member)
  }
}

const take = (
  count: number,
  skip: (member: Member) => boolean,
  random: RandomSource,
  sets: readonly RandomSet<Member>[],
): Member[] => {
  const taken: Member[] = []
  for (const set of sets) {
    for (const member of set.draw(random)) {
      if (!skip(member) && taken.push(member) === count) return taken
    }
  }
  return taken
}
