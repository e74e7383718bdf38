/** Serves the pages of the bench and the built package, from one origin on a free port. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, resolve, sep } from 'node:path'
import { bundlePages } from './bundle.js'

const htmlOf = (script: string): string => `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>skein bench</title>
  <script type="importmap">{ "imports": { "skein": "/dist/browser/index.js", "skein/log": "/dist/browser/log.js" } }</script>
  <script type="module" src="/page/${script}.js"></script>
</html>
`
const pages: Readonly<Record<string, string>> = { '/index.html': htmlOf('main'), '/logs.html': htmlOf('logs') }

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

const dist = resolve('dist') + sep

export const servePages = async (): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const modules = await bundlePages()
  const read = async (path: string): Promise<string | Buffer | undefined> => {
    if (path in pages) return pages[path]
    if (path.startsWith('/page/')) return modules.get(path.slice('/page/'.length))
    const file = resolve(`.${path}`)
    return file.startsWith(dist) ? readFile(file).catch(() => undefined) : undefined
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    void read(pathname).then((body) => {
      response.writeHead(body === undefined ? 404 : 200, {
        'content-type': `${types[extname(pathname)] ?? 'text/plain'}; charset=utf-8`,
        // Pages that share nothing with others get a clock of microseconds.
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      })
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
