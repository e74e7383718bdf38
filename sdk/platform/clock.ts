/**
 * A clock that follows `wall` forward, sleep included, and never goes back. Set back, `wall` is followed from there on
 * at an offset; merely holding the last value would stop every deadline until the wall clock has caught up.
 */
export const createClock = (wall: () => number): (() => number) => {
  let offset = 0
  let last = -Infinity
  return () => {
    const reading = wall()
    if (reading + offset < last) offset = last - reading
    last = reading + offset
    return last
  }
}
