/** With three digits that say something. */
export const formatNumber = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 1_000) return Math.round(value).toLocaleString('en')
  if (size >= 100 || size === 0) return value.toFixed(0)
  return value.toFixed(size >= 10 ? 1 : 2)
}
