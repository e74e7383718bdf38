/** Builds dist/: the bundles of vite.config.ts and the declarations beside them. */
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { createBuilder } from 'vite'
import { run } from './run.js'

const types = 'dist/types'
const platform = join(types, 'sdk/platform/platform.node.js')

/**
 * `#platform` is an import of the sources and means nothing where the sources are missing. Both twins declare the
 * same exports, so the declarations may name either.
 */
const nameTwinInDeclarations = async (): Promise<void> => {
  for (const file of await readdir(types, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue
    const path = join(types, file)
    const text = await readFile(path, 'utf8')
    const target = relative(dirname(path), platform)
    const named = text.replaceAll(/(['"])#platform\1/g, `'${target.startsWith('.') ? target : `./${target}`}'`)
    if (named !== text) await writeFile(path, named)
  }
}

await rm('dist', { recursive: true, force: true })

const builder = await createBuilder({ logLevel: 'warn' })
await builder.buildApp()
for (const cli of ['dist/signaling/cli.js', 'dist/node/bots-cli.js']) await chmod(cli, 0o755)

// A type error fails the build, but only after everything else is there: a page can still be tried.
process.exitCode = await run('tsc', ['-p', 'tsconfig.types.json'])
await nameTwinInDeclarations()
