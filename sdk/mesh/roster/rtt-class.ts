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
