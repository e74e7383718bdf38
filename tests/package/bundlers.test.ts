import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, createLogger, type Rolldown } from 'vite'
import { describe, expect, it } from 'vitest'
import webpack from 'webpack'
import { writeConsumer } from './consumer.js'

const files = {
  'index.html': '<!doctype html><script type="module" src="./main.js"></script>',
  'main.js': `import { WebGroup } from 'skein'
    const group = new WebGroup({ signaling: 'wss://signal.example.org' })
    group.join().then(() => group.send('hello'))`,
}

/** What a script would need from Node, or from a polyfill for it. */
const nodeInside = /(\bfrom|\bimport\()\s*['"](node:|ws['"]|@roamhq|fs['"]|crypto['"])|__vite-browser-external/

const scripts = async (folder: string): Promise<{ path: string; text: string }[]> => {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.js'))
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(folder, path), 'utf8') })))
}

const expectPage = async (folder: string): Promise<void> => {
  const built = await scripts(folder)
  for (const { path, text } of built) expect(nodeInside.test(text), path).toBe(false)
  // The entry and, apart from it, at least libsodium and simple-peer.
  expect(built.length).toBeGreaterThanOrEqual(3)
}

describe('a page with the packed package, bundled without any configuration', () => {
  it('builds with Vite, without a polyfill or a warning', async () => {
    const root = await writeConsumer(files)
    const warnings: string[] = []
    const logger = createLogger('warn', { allowClearScreen: false })
    logger.warn = logger.warnOnce = (message) => void warnings.push(message)
    const onLog = (level: Rolldown.LogLevel, log: Rolldown.RolldownLog): void => {
      if (level === 'warn') warnings.push(log.message)
    }
    await build({ root, configFile: false, customLogger: logger, build: { rolldownOptions: { onLog } } })
    expect(warnings).toEqual([])
    await expectPage(join(root, 'dist'))
  })

  it('builds with webpack, without a polyfill or a warning', async () => {
    const context = await writeConsumer(files)
    const path = join(context, 'dist')
    const compiler = webpack({
      context,
      mode: 'production',
      target: 'web',
      entry: './main.js',
      output: { path },
    })
    const stats = await new Promise<webpack.Stats>((resolve, reject) => {
      compiler.run((error, result) => {
        if (result === undefined) reject(error ?? new Error('webpack gave no result'))
        else resolve(result)
      })
    })
    await new Promise((resolve) => {
      compiler.close(resolve)
    })
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
    expect(errors).toEqual([])
    expect(warnings).toEqual([])
    await expectPage(path)
  })
})
