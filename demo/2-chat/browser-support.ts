/** What this browser lacks, in words, and whether the chat can do without. */
export interface Lack {
  readonly words: string
  readonly isFatal: boolean
}

const canKeep = (): boolean => {
  try {
    localStorage.setItem('skein-chat-probe', '1')
    localStorage.removeItem('skein-chat-probe')
    return true
  } catch {
    return false
  }
}

/** The smallest module there is: a policy of the page may forbid to compile any. */
const canCompile = (): boolean => {
  try {
    return new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) instanceof WebAssembly.Module
  } catch {
    return false
  }
}

export const lacks = {
  webRtc: {
    isFatal: true,
    words:
      'This browser has no WebRTC, or it is switched off, so it cannot connect to anyone. ' +
      'Another browser will do, or look for a privacy setting or an extension that blocks WebRTC.',
  },
  webAssembly: {
    isFatal: true,
    words:
      'WebAssembly is blocked here, and without it nothing can be encrypted, so the chat does not start. ' +
      'Another browser will do, or look for a “lockdown” or security setting that blocks it for this page.',
  },
  storage: {
    isFatal: false,
    words: 'This browser lets the page keep nothing, so your name is forgotten when you close it. The rest works.',
  },
  database: {
    isFatal: false,
    words: 'This browser has no database for pages (IndexedDB). The chat works without: it stores no messages.',
  },
} satisfies Record<string, Lack>

export const findLacks = (): Lack[] => {
  const globals = globalThis as { readonly RTCPeerConnection?: unknown; readonly indexedDB?: unknown }
  const found: Lack[] = []
  if (globals.RTCPeerConnection === undefined) found.push(lacks.webRtc)
  if (!canCompile()) found.push(lacks.webAssembly)
  if (!canKeep()) found.push(lacks.storage)
  if (!globals.indexedDB) found.push(lacks.database)
  return found
}
