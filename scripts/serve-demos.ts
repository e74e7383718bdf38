import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createViteServer, type Plugin } from 'vite'

export interface Demos {
  readonly url: string
  close(): Promise<void>
}

export interface DemoSettings {
  /** 0 takes a free one. */
  readonly port: number
  readonly signalingUrl: string
  /** Empty when there is no bot to invite. */
  readonly botUrl: string
  /** Empty when there is no archive to invite. */
  readonly archiveUrl?: string
}

/** What the pages of the demos say of themselves, to be replaced by where things really are. */
const signalingHost = 'localhost:8787'
const botUrl = 'ws://localhost:9000'
const archiveUrl = 'ws://localhost:9001'

const namesServers = (settings: DemoSettings): Plugin => ({
  name: 'skein:servers-of-demos',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) =>
      html
        .replaceAll(signalingHost, new URL(settings.signalingUrl).host)
        .replaceAll(botUrl, settings.botUrl)
        .replaceAll(archiveUrl, settings.archiveUrl ?? ''),
  },
})

/** With an HTTP server of our own: that of Vite takes the process down itself on SIGTERM, and with an exit code. */
export const serveDemos = async (settings: DemoSettings): Promise<Demos> => {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.port, '127.0.0.1', resolve)
  })
  const vite = await createViteServer({
    configFile: false,
    root: 'demo',
    appType: 'mpa',
    logLevel: 'warn',
    clearScreen: false,
    plugins: [namesServers(settings)],
    // All that the pages import is modules already; bundling it first would reload a page that was quick to open.
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: { server } },
  })
  server.on('request', vite.middlewares)
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await vite.close()
      server.close()
    },
  }
}
