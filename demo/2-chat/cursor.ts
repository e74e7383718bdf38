/** Where a pointer is: fractions of the width and height of the conversation, which differ from page to page. */
export interface Place {
  readonly x: number
  readonly y: number
}

const isFraction = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1

/** `null` for nowhere, and for what is no place: other pages may send whatever they like. */
export const readPlace = (value: unknown): Place | null => {
  if (typeof value !== 'object' || value === null) return null
  const { x, y } = value as Partial<Record<keyof Place, unknown>>
  return isFraction(x) && isFraction(y) ? { x, y } : null
}
