import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deviceStorage, Log } from '../../../sdk/log/index.js'
import { Random } from '../../support/random.js'

const ROUNDS = 6
const program = resolve('tests/support/appending.ts')

/** Kills it without a warning after so many acknowledged rounds; how long the log was by what it had acknowledged. */
const appendUntilKilled = async (folder: string, rounds: number): Promise<number> => {
  const child = spawn(process.execPath, ['--import', 'tsx', program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let output = ''
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    output += chunk.toString()
    if (output.split('\n').length > rounds) child.kill('SIGKILL')
  }
  await exited
  const lines = output.split('\n').slice(0, -1)
  return Number(lines.at(-1)?.split(' ')[1])
}

describe('a process that is killed while it appends', () => {
  it('J11: has lost nothing that was acknowledged, and its log goes on', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skein-crash-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const random = new Random('crash')
    let head: Uint8Array | null = null
    for (let round = 0; round < ROUNDS; round++) {
      const acknowledged = await appendUntilKilled(folder, random.integer(1, 40))
      const log = new Log('crash', { valueEncoding: 'json', storage: deviceStorage(folder) })
      await log.ready()
      expect(log.length).toBeGreaterThanOrEqual(acknowledged)
      expect(await log.audit()).toEqual({ isSound: true, checked: log.length, damaged: [], repaired: [] })
      if (head !== null) expect(await log.compare(head)).toBe('older')
      await log.append({ after: round })
      head = log.signedHead
      await log.close()
    }
  })
})
