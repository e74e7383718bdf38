/** Runs once before the browser tests: they need a Chromium and a built package, and finding out late costs minutes. */
import { existsSync } from 'node:fs'
import { findChromium } from './chromium.js'

export const setup = (): void => {
  if (!existsSync('dist/skein.global.js'))
    throw new Error('browser tests cannot start: dist/ is missing: npm run build')
  process.stderr.write(`chromium: testing with ${findChromium()}\n`)
}
