/** Finds or installs Chromium, and starts it the way the browser tests need it. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chromium, type Browser, type LaunchOptions } from 'playwright'

const systemPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

const say = (line: string): void => {
  process.stderr.write(`chromium: ${line}\n`)
}

const runs = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean => {
  say(`${command} ${args.join(' ')}`)
  // What an installer prints is no part of a test report, so both of its streams go to stderr.
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], env: { ...process.env, ...env } }).status === 0
}

/** A browser whose libraries are missing is there and does not start. */
const starts = (path: string): boolean =>
  path !== '' && existsSync(path) && spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0

const installedPath = (): string | undefined => [chromium.executablePath(), ...systemPaths].find(starts)

const install = (): void => {
  const debianAsRoot = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  const withLibraries = debianAsRoot ? ['--with-deps'] : []
  if (runs('npx', ['playwright', 'install', ...withLibraries, 'chromium']) && installedPath() !== undefined) return
  if (!debianAsRoot) return
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  runs('apt-get', ['update'], env)
  runs('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], env)
}

let found: string | undefined

/**
 * The path of a Chromium to test with: `CHROMIUM_PATH`, playwright's own, one of the system, or else one that it
 * installs now. Throws when none can be had.
 */
export const findChromium = (): string => {
  const given = process.env['CHROMIUM_PATH']
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) throw new Error(`Chromium cannot be started: CHROMIUM_PATH names no file: '${given}'`)
    return given
  }
  found ??= installedPath()
  if (found !== undefined) return found
  say('none found, installing one')
  install()
  found = installedPath()
  if (found === undefined) throw new Error('Chromium cannot be found or installed: set CHROMIUM_PATH')
  return found
}

/** Keeps pages at full speed in the background, media at hand without a prompt, and the network quiet. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
]

/** A headless Chromium. `args` adds flags; everything else is playwright's. */
export const launchChromium = (options: LaunchOptions = {}): Promise<Browser> =>
  chromium.launch({ executablePath: findChromium(), ...options, args: [...flags, ...(options.args ?? [])] })
