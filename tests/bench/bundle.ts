/** Bundles with Vite, in memory: what the pages of the bench run, and what the packages of others weigh. */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build, type Rolldown } from 'vite'

const folder = join(import.meta.dirname, 'page')
const WEIGHED = 'virtual:weighed'

const bundle = async (
  input: Record<string, string>,
  options: Omit<Rolldown.RolldownOptions, 'input'>,
): Promise<Map<string, string>> => {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rolldownOptions: { ...options, input, preserveEntrySignatures: 'strict' },
    },
  })) as Rolldown.RolldownOutput
  return new Map(built.output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code] as const] : [])))
}

/** Code by file name. `skein` and `skein/log` stay imports: the page's import map leads to the built package. */
export const bundlePages = async (): Promise<Map<string, string>> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'))
  const input = Object.fromEntries(names.map((name) => [basename(name, '.ts'), join(folder, name)]))
  return bundle(input, {
    external: ['skein', 'skein/log'],
    output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
  })
}

/** Everything that these packages export, in one file. */
export const bundlePackages = async (names: readonly string[]): Promise<string> => {
  const source = names.map((name, index) => `export * as p${index} from '${name}'`).join('\n')
  const files = await bundle(
    { weighed: WEIGHED },
    {
      output: { codeSplitting: false },
      plugins: [
        {
          name: 'bench:weighed',
          resolveId: (id) => (id === WEIGHED ? join(import.meta.dirname, 'weighed.js') : null),
          load: (id) => (id.endsWith('weighed.js') ? source : null),
        },
      ],
    },
  )
  return [...files.values()].join('')
}
