/** Serves the test pages, their modules and the built package, all from one origin on a free port. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, resolve } from 'node:path'
import ts from 'typescript'

const folders: Readonly<Record<string, string>> = {
  dist: resolve('dist'),
  page: resolve(import.meta.dirname, 'page'),
  chaos: resolve(import.meta.dirname, 'chaos'),
  support: resolve('tests/support'),
}
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.map': 'application/json',
}

const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }

const read = async (path: string): Promise<string | Buffer | null> => {
  const [, folder = '', ...rest] = path.split('/')
  const root = folders[folder]
  const file = root === undefined ? '' : resolve(root, ...rest)
  if (root === undefined || !file.startsWith(root)) return null
  try {
    // What the pages run is written in TypeScript, like everything else, and needs only its types taken out.
    return folder !== 'dist' && extname(file) === '.js'
      ? ts.transpileModule(await readFile(file.replace(/js$/, 'ts'), 'utf8'), { compilerOptions }).outputText
      : await readFile(file)
  } catch {
    return null
  }
}

export const servePages = async (): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    void read(pathname).then((body) => {
      const type = types[extname(pathname)] ?? 'text/plain'
      response.writeHead(body === null ? 404 : 200, { 'content-type': `${type}; charset=utf-8` })
      response.end(body ?? 'not found')
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}
