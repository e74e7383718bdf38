import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Hono, type Context } from 'hono'
import { accepts } from 'hono/accepts'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { PROTOCOL_VERSION, SUBPROTOCOL } from '../sdk/protocol/server-frames.js'

const INFO = {
  name: 'skein signaling server',
  subprotocol: SUBPROTOCOL,
  version: PROTOCOL_VERSION,
}

const INFO_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>skein signaling</title>
<h1>skein signaling server</h1>
<p>Web pages that share a group find each other through this address and then talk directly.
What passes here is encrypted set-up data: no message, name or network address can be read on this server.</p>
<p>In a page: <code>&lt;script src="skein.js"&gt;&lt;/script&gt;</code> from this server, then
<code>new Skein.WebGroup({ signaling: 'wss://…' })</code> with its address.</p>
<ul>
<li><a href="skein.js">skein.js</a>, the script</li>
<li><a href="health">health</a></li>
</ul>
</html>
`

/** What `GET /` answers: a page for people, JSON for those who ask for it. */
export const sendInfo = (c: Context): Response => {
  c.header('Vary', 'Accept')
  const supports = ['text/html', 'application/json']
  const type = accepts(c, { header: 'Accept', supports, default: 'text/html' })
  if (type === 'application/json') return c.json(INFO)
  c.header('Content-Security-Policy', "default-src 'none'")
  return c.html(INFO_PAGE)
}

const MAIN = 'skein.global.js'
const MEDIA = 'skein-media.global.js'

/**
 * `GET /skein.js`: the global script, for pages of any origin and to be pinned by an integrity hash; and what it fetches from
 * beside itself once a page has media. `path` overrides where the first is looked for, which is where this package's
 * build puts both.
 */
export const createScriptRoutes = (path: string | undefined): Hono => {
  const app = new Hono()
  app.use('/skein.js', cors(), etag())
  app.use(`/${MEDIA}`, cors(), etag())
  app.get('/skein.js', (c) => sendScript(c, 'skein.js', path === undefined ? built(MAIN) : [path]))
  app.get(`/${MEDIA}`, (c) => sendScript(c, MEDIA, path === undefined ? built(MEDIA) : [join(dirname(path), MEDIA)]))
  return app
}

const sendScript = async (c: Context, name: string, paths: readonly string[]): Promise<Response> => {
  const script = await readFirst(paths)
  if (script === null) return c.text(`${name} has not been built`, 404)
  c.header('Content-Type', 'application/javascript; charset=utf-8')
  c.header('Cache-Control', 'no-cache')
  c.header('Cross-Origin-Resource-Policy', 'cross-origin')
  return c.body(script)
}

/** From `dist/signaling/`, and from the sources. */
const built = (file: string): string[] =>
  [`../${file}`, `../dist/${file}`].map((path) => fileURLToPath(new URL(path, import.meta.url)))

const readFirst = async (paths: readonly string[]): Promise<Uint8Array<ArrayBuffer> | null> => {
  for (const path of paths) {
    try {
      return new Uint8Array(await readFile(path))
    } catch {
      // Not there, or not readable: as good as not built.
    }
  }
  return null
}
