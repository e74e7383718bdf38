/** Packs the built package as `npm publish` would and installs it in an empty project, once for all package tests. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the project that has the packed package installed. */
    packedProject: string
    /** The paths in the tarball. */
    packedFiles: string[]
  }
}

const execute = promisify(execFile)

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  if (!existsSync('dist/types')) throw new Error('package tests cannot start: dist/ is missing: npm run build')
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'skein-package-')))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const packed = await execute('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])
    const [tarball] = JSON.parse(packed.stdout) as { filename: string; files: { path: string }[] }[]
    if (tarball === undefined) throw new Error('npm pack named no tarball')
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
    await execute('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball.filename}`], {
      cwd: folder,
    })
    project.provide('packedProject', folder)
    project.provide(
      'packedFiles',
      tarball.files.map(({ path }) => path),
    )
    return remove
  } catch (error) {
    await remove()
    throw error
  }
}
