/** Finds or installs Chromium, and starts it the way the browser tests need it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chromium, type Browser, type BrowserContext, type LaunchOptions } from 'playwright'
import { createInstaller, isDebianAsRoot, pathGivenBy, starts } from './installer.js'

const systemPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

const { say, runs, installDebian } = createInstaller('chromium')

const installedPath = (): string | undefined => [chromium.executablePath(), ...systemPaths].find(starts)

const install = (): void => {
  const withLibraries = isDebianAsRoot() ? ['--with-deps'] : []
  if (runs('npx', ['playwright', 'install', ...withLibraries, 'chromium']) && installedPath() !== undefined) return
  if (isDebianAsRoot()) installDebian('chromium')
}

let found: string | undefined

/**
 * The path of a Chromium to test with: `CHROMIUM_PATH`, playwright's own, one of the system, or else one that it
 * installs now. Throws when none can be had.
 */
export const findChromium = (): string => {
  const given = pathGivenBy('CHROMIUM_PATH')
  if (given !== undefined) return given
  found ??= installedPath()
  if (found !== undefined) return found
  say('none found, installing one')
  install()
  found = installedPath()
  if (found === undefined) throw new Error('Chromium cannot be found or installed: set CHROMIUM_PATH')
  return found
}

const SHELL_PATH = '/usr/bin/chromium-headless-shell'

let shell: string | undefined

/**
 * The path of Chromium's headless shell: the same engine without windows, tabs and prompts, at two thirds of the processor time. `CHROMIUM_PATH` stands for
 * it too; where there is none, and none can be installed, it is Chromium as a whole.
 */
export const findShell = (): string => {
  const given = pathGivenBy('CHROMIUM_PATH')
  if (given !== undefined) return given
  if (shell === undefined && !starts(SHELL_PATH) && isDebianAsRoot()) {
    say('no headless shell found, installing one')
    installDebian('chromium-headless-shell')
  }
  shell ??= starts(SHELL_PATH) ? SHELL_PATH : findChromium()
  return shell
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

/** Chromium as users have it, but for a screen. `args` adds flags; everything else is playwright's. */
export const launchChromium = (options: LaunchOptions = {}): Promise<Browser> =>
  chromium.launch({ executablePath: findChromium(), ...options, args: [...flags, ...(options.args ?? [])] })

/** Its headless shell, for what asks nothing of tabs that are hidden, frozen or kept, of prompts, or of how a browser ends. */
export const launchShell = (options: LaunchOptions = {}): Promise<Browser> =>
  launchChromium({ executablePath: findShell(), ...options })

/** Chromium as a whole with a profile in this folder: what pages store is on disk then, where each context of another browser has it in memory. */
export const launchProfile = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, { executablePath: findChromium(), args: flags })

/** A headless Chromium with a profile that stays, in a process group of its own. */
export interface KillableChromium {
  readonly browser: Browser
  /** Ends all of its processes at once, without a warning. Resolves when its main one is gone. */
  kill(): Promise<void>
}

export const launchKillableChromium = async (profile: string): Promise<KillableChromium> => {
  const headless = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`]
  const child = spawn(findChromium(), [...flags, ...headless, 'about:blank'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = once(child, 'exit')
  const kill = async (): Promise<void> => {
    const { pid } = child
    if (pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL')
    await gone
  }
  try {
    return { browser: await chromium.connectOverCDP(await endpointOf(child.stderr)), kill }
  } catch (error) {
    await kill()
    throw error
  }
}

const endpointOf = async (stderr: AsyncIterable<Buffer>): Promise<string> => {
  let said = ''
  for await (const chunk of stderr) {
    said += chunk.toString()
    const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
    if (found !== undefined) return found
  }
  throw new Error(`Chromium did not start: ${said.slice(-1_000)}`)
}
