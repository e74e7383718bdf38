/** The parts of `npm run check`, in the order they begin: the longest first, since others run beside it. */
export const checkParts = ['lint', 'types', 'format', 'layers', 'dead', 'package', 'size'] as const

/** The parts of `npm test` after the check, each a project of vitest.config.ts. */
export const testParts = ['unit', 'simulation', 'package', 'browser', 'alone', 'chaos'] as const

export type TestPart = (typeof testParts)[number]
