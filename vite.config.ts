import { isBuiltin } from 'node:module'
import { resolve } from 'node:path'
import { defineConfig, type BuildEnvironmentOptions, type EnvironmentOptions, type Plugin } from 'vite'
import { compactLibsodium } from './scripts/libsodium/plugin.js'

/**
 * The bundles of the package; declarations come from tsc (scripts/build.ts runs both). `#platform` resolves by
 * the conditions of each environment, so every bundle gets the twin files of its own side.
 */
const build = (options: BuildEnvironmentOptions): BuildEnvironmentOptions => ({
  sourcemap: true,
  emptyOutDir: true,
  target: 'es2022',
  ...options,
  rolldownOptions: {
    // An entry exports what its source does; what chunks share has a chunk of its own.
    preserveEntrySignatures: 'strict',
    // A warning here is a broken package there: an import that failed to stay lazy, a module that is not found.
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(`bundle cannot be built without a warning: ${log.message}`)
    },
    // How long a plugin takes says nothing of the package, and on a busy machine it is long.
    checks: { bundlerTimings: false },
    ...options.rolldownOptions,
  },
})

/**
 * Plain ESM for Node, dependencies left outside. Chunks lie beside the entries, so that a path relative to
 * `import.meta.url` means the same wherever the bundler puts the code.
 */
const forNode = (outDir: string, entry: Record<string, string>): EnvironmentOptions => ({
  consumer: 'server',
  build: build({
    outDir,
    ssr: true,
    lib: { entry, formats: ['es'] },
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
  }),
})

/** One classic script that makes a global of what the entry exports. */
const forScriptTags = (entry: string, name: string, file: string): EnvironmentOptions => ({
  consumer: 'client',
  build: build({
    outDir: 'dist',
    emptyOutDir: false,
    minify: true,
    lib: { entry, formats: ['iife'], name, fileName: () => file },
    rolldownOptions: {
      // libsodium asks import.meta.url for its folder and works without; a classic script has none.
      transform: { define: { 'import.meta': '{}' } },
      output: { codeSplitting: false },
    },
  }),
})

const environments: Record<string, EnvironmentOptions> = {
  // Dependencies inlined, so that a page can load it from any CDN; what the sources `import()` becomes lazy chunks.
  browser: {
    consumer: 'client',
    build: build({
      outDir: 'dist/browser',
      lib: { entry: { index: 'sdk/index.ts', log: 'sdk/log/index.ts' }, formats: ['es'] },
      rolldownOptions: {
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
          // Vite keeps the white space of ES libraries; pages load these files as they are, without another bundler.
          minify: { compress: true, mangle: { keepNames: { class: true, function: false } }, codegen: true },
        },
      },
    }),
  },
  // One bundle, so that a bot's groups are of the very class that `skein` exports.
  node: forNode('dist/node', {
    index: 'sdk/index.ts',
    log: 'sdk/log/index.ts',
    bots: 'bots/index.ts',
    'bots-cli': 'bots/cli.ts',
  }),
  signaling: forNode('dist/signaling', { index: 'signaling/index.ts', cli: 'signaling/cli.ts' }),
  global: forScriptTags('sdk/global.ts', 'Skein', 'skein.global.js'),
  globalMedia: forScriptTags('sdk/global-media.ts', 'SkeinMedia', 'skein-media.global.js'),
}

/**
 * Vite replaces a module of Node in a browser bundle by an empty object without a word. libsodium alone may have that:
 * it asks for `crypto` only where the browser's own is missing, and then says so.
 */
const noNodeInBrowsers: Plugin = {
  name: 'skein:no-node-in-browsers',
  enforce: 'pre',
  applyToEnvironment: (environment) => environment.config.consumer === 'client',
  resolveId(id, importer) {
    if (isBuiltin(id) && !/node_modules\/libsodium\//.test(importer ?? '')) {
      this.error(`browser bundle cannot be built: ${importer ?? 'the entry'} imports '${id}'`)
    }
  },
}

/** A classic script cannot `import()` a part of itself: what carries media is a script of its own, which it fetches. */
const mediaInItsOwnScript: Plugin = {
  name: 'skein:media-in-its-own-script',
  enforce: 'pre',
  applyToEnvironment: (environment) => environment.name === 'global',
  resolveId: (id) => (id.endsWith('/fetch-media.js') ? resolve('sdk/group/fetch-media.script.ts') : null),
}

export default defineConfig({
  plugins: [noNodeInBrowsers, mediaInItsOwnScript, compactLibsodium()],
  publicDir: false,
  environments,
  builder: {
    async buildApp(builder) {
      for (const name of Object.keys(environments)) {
        const environment = builder.environments[name]
        if (environment !== undefined) await builder.build(environment)
      }
    },
  },
})
