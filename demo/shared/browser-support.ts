/** What this browser lacks, in words, and whether the page can do without. */
export interface Lack {
  readonly words: string
  readonly isFatal: boolean
}

const canKeep = (): boolean => {
  try {
    localStorage.setItem('skein-probe', '1')
    localStorage.removeItem('skein-probe')
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
      'WebAssembly is blocked here, and without it nothing can be encrypted, so the page does not start. ' +
      'Another browser will do, or look for a “lockdown” or security setting that blocks it for this page.',
  },
  storage: {
    isFatal: false,
    words: 'This browser lets the page keep nothing, so your name is forgotten when you close it. The rest works.',
  },
} satisfies Record<string, Lack>

/** `database` is what it means for this page that pages cannot have one. */
export const findLacks = (database: Lack): Lack[] => {
  const globals = globalThis as { readonly RTCPeerConnection?: unknown; readonly indexedDB?: unknown }
  const found: Lack[] = []
  if (globals.RTCPeerConnection === undefined) found.push(lacks.webRtc)
  if (!canCompile()) found.push(lacks.webAssembly)
  if (!canKeep()) found.push(lacks.storage)
  if (!globals.indexedDB) found.push(database)
  return found
}
