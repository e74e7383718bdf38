import { afterEach, expect, test, vi } from 'vitest'
import { platform as browser } from '../../../sdk/platform/platform.browser.js'
import { platform as node } from '../../../sdk/platform/platform.node.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('both sides offer the same', () => {
  expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort())
})

test.each([
  ['browser', browser],
  ['node', node],
])('%s: randomBytes fills more than the system gives at once', (_name, side) => {
  const bytes = side.randomBytes(200_000)
  expect(bytes).toHaveLength(200_000)
  // 64 zeros in a row do not happen by chance; an unfilled part has nothing else.
  for (let offset = 0; offset < bytes.length; offset += 64) {
    expect(bytes.subarray(offset, offset + 64).some((byte) => byte !== 0)).toBe(true)
  }
  expect(side.randomBytes(0)).toHaveLength(0)
})

test('setTimer fires once and not when cancelled', async () => {
  const cancelled = vi.fn()
  node.setTimer(0, cancelled)()
  await new Promise<void>((resolve) => {
    node.setTimer(1, resolve)
  })
  expect(cancelled).not.toHaveBeenCalled()
})

test('setTimer does not fire at once for a delay that runtimes cannot count', async () => {
  const fired = vi.fn()
  const cancel = node.setTimer(2 ** 40, fired)
  await new Promise<void>((resolve) => {
    node.setTimer(20, resolve)
  })
  cancel()
  expect(fired).not.toHaveBeenCalled()
})

test('node: loadRtc finds the optional engine', async () => {
  expect(typeof (await node.loadRtc())?.RTCPeerConnection).toBe('function')
})

test('fewer connections are set up at a time in Node than in browsers', () => {
  expect([0, 15, 16, 1_000].map((connections) => node.setupsBeside(connections))).toEqual([4, 4, 1, 1])
  expect([0, 1_000].map((connections) => browser.setupsBeside(connections))).toEqual([16, 16])
})

test('browser: loadRtc is null where a part of WebRTC is missing', async () => {
  expect(await browser.loadRtc()).toBeNull()
  const [RTCPeerConnection, RTCSessionDescription, RTCIceCandidate] = [() => 1, () => 2, () => 3]
  vi.stubGlobal('RTCPeerConnection', RTCPeerConnection)
  expect(await browser.loadRtc()).toBeNull()
  vi.stubGlobal('RTCSessionDescription', RTCSessionDescription)
  vi.stubGlobal('RTCIceCandidate', RTCIceCandidate)
  expect(await browser.loadRtc()).toEqual({ RTCPeerConnection, RTCSessionDescription, RTCIceCandidate })
})

test('browser: watchPage tells the life of the page until unsubscribed', () => {
  const page = new EventTarget()
  const tab = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  vi.stubGlobal('document', tab)
  const heard: string[] = []
  const stop = browser.watchPage({
    pagehide: ({ persisted }) => heard.push(`pagehide ${persisted}`),
    pageshow: ({ persisted }) => heard.push(`pageshow ${persisted}`),
    online: () => heard.push('online'),
    visible: () => heard.push('visible'),
    freeze: () => heard.push('freeze'),
    resume: () => heard.push('resume'),
  })
  const fire = (): void => {
    page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }))
    page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }))
    page.dispatchEvent(new Event('online'))
    tab.dispatchEvent(new Event('visibilitychange'))
    tab.visibilityState = 'visible'
    tab.dispatchEvent(new Event('visibilitychange'))
    tab.dispatchEvent(new Event('freeze'))
    tab.dispatchEvent(new Event('resume'))
  }
  fire()
  // A browser may cut off what runs first when a page is left.
  const left = ['pagehide true', 'pagehide true']
  expect(heard).toEqual([...left, 'pageshow false', 'online', 'visible', 'freeze', 'resume'])
  stop()
  stop()
  fire()
  expect(heard).toHaveLength(7)
})

test('watchPage never fires where there is no page', () => {
  const stop = [browser, node].map((side) => side.watchPage({ online: () => expect.unreachable() }))
  for (const fn of stop) fn()
})
