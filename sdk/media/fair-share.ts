/** What several draw from. */
export interface Pot {
  readonly capacity: number
}

export interface Claim {
  /** More than this it cannot use. */
  readonly most: number
  readonly pots: readonly Pot[]
}

/**
 * How much each claim gets, in their order: equal parts, but for what one cannot use, or a pot does not have; that is the others'. No claim could get
 * more without one that has no more than it getting less.
 */
export const shareFairly = (claims: readonly Claim[]): readonly number[] => {
  const given = claims.map(() => 0)
  const left = new Map<Pot, number>()
  for (const { pots } of claims) for (const pot of pots) left.set(pot, Math.max(0, pot.capacity))
  let growing = claims.map((_, index) => index)
  const claimOf = (index: number): Claim => claims[index] as Claim
  while (growing.length > 0) {
    const drawers = new Map<Pot, number>()
    for (const index of growing) for (const pot of claimOf(index).pots) drawers.set(pot, (drawers.get(pot) ?? 0) + 1)
    let step = Infinity
    for (const index of growing) step = Math.min(step, claimOf(index).most - (given[index] as number))
    for (const [pot, count] of drawers) step = Math.min(step, (left.get(pot) as number) / count)
    // Nothing bounds what is left.
    if (step === Infinity) return given.map((each, index) => (growing.includes(index) ? Infinity : each))
    for (const index of growing) given[index] = (given[index] as number) + step
    for (const [pot, count] of drawers) left.set(pot, (left.get(pot) as number) - step * count)
    const isEmpty = (pot: Pot): boolean => (left.get(pot) as number) < 1
    const next = growing.filter(
      (index) => (given[index] as number) < claimOf(index).most - 1 && !claimOf(index).pots.some(isEmpty),
    )
    // Rounding must not make this go on for ever.
    if (next.length === growing.length) return given
    growing = next
  }
  return given
}
