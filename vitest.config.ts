import { defineConfig } from 'vitest/config'

/** What they count is another thing where somebody else keeps the processors busy. */
const alone = ['memory', 'partial-mesh'].map((name) => `tests/browser/${name}.test.ts`)

/** One project per kind of test, so that each runs, and is reported, on its own: `vitest run --project unit`. */
export default defineConfig({
  test: {
    // Whoever runs all tests waits for them: by default one core would be left to others, which is half of a small machine.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['unit', 'fuzz', 'contract', 'adversary'].map((folder) => `tests/${folder}/**/*.test.ts`),
          environment: 'node',
          // A limit for what hangs, not a measure: a busy machine with two cores takes its time.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['tests/simulation/**/*.test.ts'],
          environment: 'node',
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'package',
          include: ['tests/package/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 120_000,
          globalSetup: ['tests/package/setup.ts'],
        },
      },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/*.test.ts'],
          exclude: alone,
          environment: 'node',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: ['tests/support/browser-setup.ts'],
        },
      },
      {
        test: {
          name: 'alone',
          include: alone,
          environment: 'node',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: ['tests/support/browser-setup.ts'],
        },
      },
      {
        test: {
          name: 'chaos',
          include: ['tests/browser/chaos/*.test.ts'],
          environment: 'node',
          testTimeout: 240_000,
          globalSetup: ['tests/support/browser-setup.ts'],
        },
      },
    ],
  },
})
