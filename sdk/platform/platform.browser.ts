import { common } from './common.js'
import type { MediaDevicesLike } from './media-devices.js'
import type { ClientSocket, PageHandlers, Platform, RtcEngine } from './platform.js'

const loadRtc = (): Promise<RtcEngine | null> => {
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate, MediaStream } = globalThis as Partial<RtcEngine>
  // Missing in workers, and where a policy or an extension has switched WebRTC off.
  const present = RTCPeerConnection && RTCSessionDescription && RTCIceCandidate
  return Promise.resolve(present ? { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate, MediaStream } : null)
}

const devices = (): MediaDevicesLike | null => {
  // Not there in workers, and on pages that are not secure; nor is `navigator` everywhere.
  const { navigator } = globalThis as { navigator?: { readonly mediaDevices?: MediaDevicesLike } }
  return navigator?.mediaDevices ?? null
}

const openSocket = (url: string, protocols: readonly string[]): ClientSocket => {
  const socket = new WebSocket(url, [...protocols])
  socket.binaryType = 'arraybuffer'
  return socket as ClientSocket
}

const debugSetting = (): string => {
  try {
    return localStorage.getItem('debug') ?? ''
  } catch {
    // None in a worker or under SSR; and where a page may keep nothing, asking for it throws.
    return ''
  }
}

/** How long a page that is gone for good is held, so that its last packets leave. Browsers give it 500 ms. */
const LAST_WORDS_MS = 100
let heldFor: Event | null = null

/**
 * Chromium ends a page's process when its last listener returns, and what its network process has not taken from it by then is
 * lost: on a busy machine one goodbye in four. Nothing else waits in a page that goes.
 */
const holdPage = (event: Event): void => {
  // Once for all groups of a page and both listeners of each: together they must be through before it is ended by force.
  if (heldFor === event) return
  heldFor = event
  const untilMs = performance.now() + LAST_WORDS_MS
  while (performance.now() < untilMs);
}

const watchPage = (handlers: PageHandlers): (() => void) => {
  const undo: (() => void)[] = []
  const listen = (target: EventTarget, name: string, listener: (event: Event) => void): void => {
    target.addEventListener(name, listener)
    undo.push(() => target.removeEventListener(name, listener))
  }
  const persisted = (event: Event): { persisted: boolean } => ({ persisted: (event as PageTransitionEvent).persisted })
  if (typeof addEventListener === 'function') {
    // Firefox cuts off the script that runs when the last tab of a process is closed, without an exception or `finally`,
    // and then calls the next listener: a second one does what the first had no time for.
    for (let i = 0; i < 2; i++) {
      listen(globalThis, 'pagehide', (event) => {
        if (handlers.pagehide === undefined) return
        handlers.pagehide(persisted(event))
        if (!persisted(event).persisted) holdPage(event)
      })
    }
    listen(globalThis, 'pageshow', (event) => handlers.pageshow?.(persisted(event)))
    listen(globalThis, 'online', () => handlers.online?.())
  }
  // Workers have no document.
  if (typeof document !== 'undefined') {
    listen(document, 'visibilitychange', () => {
      if (document.visibilityState === 'visible') handlers.visible?.()
    })
    listen(document, 'freeze', () => handlers.freeze?.())
    listen(document, 'resume', () => handlers.resume?.())
  }
  return () => {
    for (const remove of undo.splice(0)) remove()
  }
}

export const platform: Platform = {
  ...common,
  loadRtc,
  setupsBeside: () => 16,
  devices,
  loadSocket: () => Promise.resolve(openSocket),
  debugSetting,
  writeDebug: (line) => console.debug(line),
  loadSecrets: async () => (await import('./secrets.browser.js')).loadSecrets(),
  watchPage,
}
