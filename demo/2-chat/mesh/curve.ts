import type { Point } from './layout.js'

const text = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`

/** A line that passes the points in turn, bent enough to be told from the straight links between them. */
export const curveThrough = (points: readonly Point[]): string => {
  const [first, middle, last] = points
  if (first === undefined || middle === undefined) return ''
  if (last === undefined) return `M ${text(first)} L ${text(middle)}`
  if (points.length === 3) {
    // The one control point with which a quadratic curve is at the middle point half way.
    const control = { x: 2 * middle.x - (first.x + last.x) / 2, y: 2 * middle.y - (first.y + last.y) / 2 }
    return `M ${text(first)} Q ${text(control)} ${text(last)}`
  }
  const parts = [`M ${text(first)}`]
  for (let i = 0; i + 1 < points.length; i += 1) {
    const before = points[i - 1] ?? points[i] ?? first
    const [from, to] = [points[i] ?? first, points[i + 1] ?? first]
    const after = points[i + 2] ?? to
    const leave = { x: from.x + (to.x - before.x) / 4, y: from.y + (to.y - before.y) / 4 }
    const arrive = { x: to.x - (after.x - from.x) / 4, y: to.y - (after.y - from.y) / 4 }
    parts.push(`C ${text(leave)} ${text(arrive)} ${text(to)}`)
  }
  return parts.join(' ')
}
