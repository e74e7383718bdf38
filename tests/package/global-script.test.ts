import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { describe, expect, inject, it } from 'vitest'
import type * as skein from '../../sdk/index.js'

interface Page {
  readonly Skein: typeof skein
}

const script = await readFile(join(inject('packedProject'), 'node_modules/skein/dist/skein.global.js'), 'utf8')

/** What the script makes of a page whose tag has these `data-` attributes. */
const load = (dataset: Readonly<Record<string, string>>): Page => {
  const page = createContext({ document: { currentScript: { dataset } }, TextEncoder, TextDecoder, URL })
  runInContext(script, page)
  return page as unknown as Page
}

describe('the global script', () => {
  it('gives window.Skein with the names of the package, and leaves no other global', () => {
    const page = load({})
    expect(Object.keys(page.Skein)).toEqual(expect.arrayContaining(['SkeinError', 'WebGroup', 'configure', 'webRTC']))
    expect(Object.keys(page).sort()).toEqual(['Skein', 'TextDecoder', 'TextEncoder', 'URL', 'document'])
  })

  it('takes the signaling server of its tag as the default', () => {
    const { WebGroup } = load({ signaling: 'wss://signal.example.org' }).Skein
    expect(new WebGroup().describe().hosts).toEqual([{ host: 'signal.example.org', use: 'signaling' }])
  })

  it('knows no server where the tag names none', () => {
    const { WebGroup } = load({}).Skein
    expect(new WebGroup().describe().hosts).toEqual([])
  })
})
