import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSignaling } from '../../../signaling/index.js'

let directory: string
let script: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skein-pages-'))
  script = join(directory, 'skein.js')
  await writeFile(script, 'window.Skein = {}')
  await writeFile(join(directory, 'skein-media.global.js'), 'window.SkeinMedia = {}')
})
afterAll(() => rm(directory, { recursive: true }))

describe('GET /', () => {
  it('tells people what this is', async () => {
    const answer = await createSignaling().app.request('/', { headers: { Accept: 'text/html,*/*;q=0.8' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(await answer.text()).toContain('<h1>skein signaling server</h1>')
  })

  it('tells programs that ask for JSON', async () => {
    const answer = await createSignaling().app.request('/', { headers: { Accept: 'application/json' } })
    expect(await answer.json()).toEqual({ name: 'skein signaling server', subprotocol: 'skein.1', version: 1 })
    expect(answer.headers.get('vary')).toBe('Accept')
  })

  it('is a page for whoever does not say', async () => {
    const answer = await createSignaling().app.request('/')
    expect(answer.headers.get('content-type')).toContain('text/html')
  })
})

describe('GET /health', () => {
  it('counts, and is never cached', async () => {
    const answer = await createSignaling().app.request('/health')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({ status: 'ok', connections: 0, rooms: 0 })
  })
})

describe('GET /skein.js', () => {
  it('serves the global script to pages of any origin', async () => {
    const answer = await createSignaling({ script }).app.request('/skein.js')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/javascript; charset=utf-8')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('etag')).toMatch(/^"/)
    expect(await answer.text()).toBe('window.Skein = {}')
  })

  it('answers 304 to who has it already', async () => {
    const { app } = createSignaling({ script })
    const etag = (await app.request('/skein.js')).headers.get('etag') ?? ''
    expect((await app.request('/skein.js', { headers: { 'If-None-Match': etag } })).status).toBe(304)
    expect((await app.request('/skein.js', { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
  })

  it('answers 404 in plain words while it is not built', async () => {
    const answer = await createSignaling({ script: join(directory, 'missing.js') }).app.request('/skein.js')
    expect(answer.status).toBe(404)
    expect(await answer.text()).toBe('skein.js has not been built')
  })

  it('serves beside it what it fetches for media', async () => {
    const answer = await createSignaling({ script }).app.request('/skein-media.global.js')
    expect([answer.status, await answer.text()]).toEqual([200, 'window.SkeinMedia = {}'])
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })
})
