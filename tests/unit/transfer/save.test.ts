import { afterEach, describe, expect, it, vi } from 'vitest'
import { saveToDisk } from '../../../sdk/transfer/save.js'
import { failureOf, pattern, settle, setup } from './setup.js'

const arriving = async () => {
  const { members } = setup('ada', 'bob')
  const [ada, bob] = members
  const transfer = ada.transfers.sendFile(pattern(1_000_000), { to: 'bob', name: 'cat.png', type: 'image/png' })
  transfer.catch(() => undefined)
  return { transfer, incoming: await (await bob.offers.next()).accept() }
}

/** As much of a page as a download needs. */
const page = () => {
  const links: { href: string; download: string; clicks: number; click(): void }[] = []
  const createElement = () => {
    const link = {
      href: '',
      download: '',
      clicks: 0,
      click: () => {
        link.clicks++
      },
    }
    links.push(link)
    return link
  }
  vi.stubGlobal('document', { createElement })
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  return links
}

const sink = () => {
  const state = { bytes: 0, isClosed: false, aborted: null as unknown }
  const stream = new WritableStream<Uint8Array>({
    write: (chunk) => {
      state.bytes += chunk.length
    },
    close: () => {
      state.isClosed = true
    },
    abort: (reason) => {
      state.aborted = reason
    },
  })
  return { state, stream }
}

const pickerOf = (stream: WritableStream<Uint8Array>) => vi.fn(async () => ({ createWritable: async () => stream }))

describe('saveToDisk', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('writes to where the user chooses, under a name that is safe', async () => {
    page()
    const { state, stream } = sink()
    const picker = pickerOf(stream)
    vi.stubGlobal('showSaveFilePicker', picker)
    const { incoming, transfer } = await arriving()
    await saveToDisk(incoming, { suggestedName: '../evil\u202e.png' })
    expect(picker).toHaveBeenCalledWith({ suggestedName: 'evil.png' })
    expect(state).toMatchObject({ bytes: 1_000_000, isClosed: true })
    await transfer
  })

  it('gives up what it has written when the file fails', async () => {
    page()
    const { state, stream } = sink()
    vi.stubGlobal('showSaveFilePicker', pickerOf(stream))
    const { incoming, transfer } = await arriving()
    const saving = failureOf(saveToDisk(incoming))
    transfer.cancel()
    expect(await saving).toMatchObject({ code: 'transfer-cancelled' })
    await settle()
    expect(state).toMatchObject({ isClosed: false, aborted: { code: 'transfer-cancelled' } })
  })

  it('leaves the file unread when the user chooses no place', async () => {
    page()
    const abort = new DOMException('no', 'AbortError')
    vi.stubGlobal('showSaveFilePicker', async () => Promise.reject(abort))
    const { incoming, transfer } = await arriving()
    expect(await failureOf(saveToDisk(incoming))).toBe(abort)
    await incoming.blob()
    await transfer
  })

  it.each([
    ['there is no picker', undefined],
    ['the picker may not be shown', async () => Promise.reject(new DOMException('no', 'SecurityError'))],
  ])('downloads a Blob where %s, and lets go of it', async (_why, picker) => {
    const links = page()
    const revoke = vi.spyOn(URL, 'revokeObjectURL')
    vi.stubGlobal('showSaveFilePicker', picker)
    const { incoming, transfer } = await arriving()
    await saveToDisk(incoming)
    expect(links).toMatchObject([{ download: 'cat.png', clicks: 1 }])
    expect(links[0]?.href).toMatch(/^blob:/)
    expect(revoke).not.toHaveBeenCalled()
    vi.advanceTimersByTime(60_000)
    expect(revoke).toHaveBeenCalledWith(links[0]?.href)
    await transfer
  })

  it('rejects where there is no page, and reads nothing', async () => {
    const { incoming, transfer } = await arriving()
    expect(await failureOf(saveToDisk(incoming))).toMatchObject({ code: 'storage-failed' })
    await incoming.blob()
    await transfer
  })
})
