/** What the browsers of the tests are found and installed with. What it does is said on stderr, never in a report. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether Debian's packages can be installed by this process. */
export const isDebianAsRoot = (): boolean => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')

export const createInstaller = (browser: string) => {
  const say = (line: string): void => {
    process.stderr.write(`${browser}: ${line}\n`)
  }
  /** Whether the command came to a good end. */
  const runs = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean => {
    say(`${command} ${args.join(' ')}`)
    // What an installer prints is no part of a test report, so both of its streams go to stderr.
    return spawnSync(command, args, { stdio: ['ignore', 2, 2], env: { ...process.env, ...env } }).status === 0
  }
  const installDebian = (name: string): boolean => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    runs('apt-get', ['update'], env)
    return runs('apt-get', ['install', '-y', '--no-install-recommends', name], env)
  }
  return { say, runs, installDebian }
}

/** A browser whose libraries are missing is there and does not start. */
export const starts = (path: string): boolean =>
  path !== '' && existsSync(path) && spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0

/** The path that this variable gives, `undefined` when it gives none. Throws when nothing is there. */
export const pathGivenBy = (variable: string): string | undefined => {
  const given = process.env[variable]
  if (given === undefined || given === '') return undefined
  if (!existsSync(given)) throw new Error(`browser cannot be started: ${variable} names no file: '${given}'`)
  return given
}
