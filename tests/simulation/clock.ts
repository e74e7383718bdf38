/** What the wall clock shows at virtual time zero. */
export const epochMs = 1_750_000_000_000
