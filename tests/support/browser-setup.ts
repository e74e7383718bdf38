/** Runs once before the browser tests: they need browsers and a built package, and finding out late costs minutes. */
import { existsSync } from 'node:fs'
import { findChromium, findShell } from './chromium.js'
import { findOrInstallFirefox } from './firefox.js'

export const setup = (): void => {
  if (!existsSync('dist/skein.global.js'))
    throw new Error('browser tests cannot start: dist/ is missing: npm run build')
  process.stderr.write(`chromium: testing with ${findChromium()} and ${findShell()}\n`)
  const firefox = findOrInstallFirefox()
  process.stderr.write(
    firefox === null
      ? 'firefox: none here and none could be installed: what needs it is skipped (FIREFOX_PATH names one)\n'
      : `firefox: testing with ${firefox}\n`,
  )
}
