/** A round-trip time in one byte: eight steps to a doubling. 255 means not measured. */
export const UNKNOWN_RTT_CLASS = 255

export const rttClassOf = (rttMs: number | null): number =>
  rttMs === null ? UNKNOWN_RTT_CLASS : Math.min(254, Math.round(8 * Math.log2(1 + Math.max(0, rttMs))))

/** Routes ask for thousands of them. */
const rttOf = Array.from(
  { length: UNKNOWN_RTT_CLASS },
  (_, rttClass) => Math.round((2 ** (rttClass / 8) - 1) * 10) / 10,
)

/** The middle of the class, in milliseconds, or `null` for the unknown. */
export const rttOfClass = (rttClass: number): number | null => rttOf[rttClass] ?? null

/** Less than this is noise: each record costs all members a signature check, and each change may change their trees. */
const NOISE_STEPS = 2
const NOISE_MS = 5

/** Whether one class says another thing than the other, so that others should know. */
export const isOtherRtt = (one: number, other: number): boolean => {
  const [oneMs, otherMs] = [rttOfClass(one), rttOfClass(other)]
  if (oneMs === null || otherMs === null) return oneMs !== otherMs
  return Math.abs(one - other) > NOISE_STEPS && Math.abs(oneMs - otherMs) > NOISE_MS
}
