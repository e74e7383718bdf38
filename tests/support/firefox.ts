/**
 * Finds or installs a stock Firefox, and starts it. WebDriver BiDi drives it as it is installed, so it is what users
 * have; through puppeteer, since playwright's BiDi asks for commands that Firefox ESR 153 does not know, and
 * playwright's own Firefox is a changed one.
 */
import { launch, type Browser } from 'puppeteer-core'
import { createInstaller, isDebianAsRoot, pathGivenBy, starts } from './installer.js'

const systemPaths = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/usr/lib/firefox-esr/firefox-esr',
  '/snap/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
]

const { say, installDebian } = createInstaller('firefox')

let found: string | undefined

/**
 * The path of a Firefox to test with: `FIREFOX_PATH`, or one of the system; `null` when there is none. Throws when
 * `FIREFOX_PATH` names nothing.
 */
export const findFirefox = (): string | null =>
  pathGivenBy('FIREFOX_PATH') ?? (found ??= systemPaths.find(starts)) ?? null

/** As {@link findFirefox}, but installs Debian's package where there is none and that can be done. */
export const findOrInstallFirefox = (): string | null => {
  if (findFirefox() === null) {
    if (!isDebianAsRoot()) {
      say("none found, and Debian's package can only be installed by root on Debian")
      return null
    }
    say('none found, installing one')
    installDebian('firefox-esr')
  }
  return findFirefox()
}

/** A headless Firefox in a profile of its own, gone when closed. */
export const launchFirefox = (): Promise<Browser> => {
  const executablePath = findFirefox()
  if (executablePath === null) throw new Error('Firefox cannot be found: set FIREFOX_PATH')
  return launch({
    browser: 'firefox',
    executablePath,
    extraPrefsFirefox: {
      // Names ending in .local are resolved by multicast, which many machines that run tests do not have.
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      // By default Firefox gathers no loopback address, and a machine may have no other.
      'media.peerconnection.ice.loopback': true,
    },
  })
}
