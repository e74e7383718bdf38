/** The parts of `npm run check`, in the order they run: what is quick and most often wrong comes first. */
export const checkParts = ['types', 'lint', 'format', 'layers', 'dead', 'package', 'size'] as const

/** The parts of `npm test` after the check, each a project of vitest.config.ts. */
export const testParts = ['unit', 'simulation', 'package', 'browser', 'chaos'] as const

export type TestPart = (typeof testParts)[number]
