import { common } from './common.js'
import type { ClientOptions } from 'ws'
import type { ClientSocket, Platform, RtcEngine } from './platform.js'

/** No frame of ours comes near; the default of ws would buffer 100 MiB for a server that means harm. */
const MAX_MESSAGE_BYTES = 1024 * 1024
/** How long a closing handshake may take; the default of 30 s would keep a process up for a server that is gone. */
const CLOSE_TIMEOUT_MS = 1_000

/**
 * @roamhq/wrtc gathers again for each connection that is under way whenever another is made, in new sockets which stay: with
 * hundreds of connections in one process, as in a test with many members, one at a time is as quick as many, and the only
 * way not to run out of file descriptors (16 to 100 a connection, measured).
 */
const setupsBeside = (connections: number): number => (connections < 16 ? 4 : 1)

/**
 * `null` for every failure: the package is optional, and so is its prebuilt binary, whose absence it reports by an
 * error without a code.
 */
const loadRtc = async (): Promise<RtcEngine | null> => {
  try {
    const { default: wrtc } = await import('@roamhq/wrtc')
    return wrtc
  } catch {
    return null
  }
}

const loadSocket: Platform['loadSocket'] = async () => {
  // Not the global WebSocket of newer versions of Node: it hides why a server refused.
  const { WebSocket } = await import('ws')
  // The types of ws lag behind its options.
  const options: ClientOptions & { closeTimeout: number } = {
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    closeTimeout: CLOSE_TIMEOUT_MS,
  }
  return (url, protocols) => {
    const socket: InstanceType<typeof WebSocket> & { httpStatus?: number } = new WebSocket(url, [...protocols], options)
    socket.binaryType = 'arraybuffer'
    // Without a listener an error would end the process; `close` follows each.
    socket.on('error', () => {})
    socket.on('upgrade', () => {
      socket.httpStatus = 101
    })
    // Whoever listens for this has to end the request too.
    socket.on('unexpected-response', (_request, response) => {
      if (response.statusCode !== undefined) socket.httpStatus = response.statusCode
      socket.terminate()
    })
    return socket as unknown as ClientSocket
  }
}

export const platform: Platform = {
  ...common,
  loadRtc,
  setupsBeside,
  // @roamhq/wrtc has a `getUserMedia`, but no device behind it.
  devices: () => null,
  loadSocket,
  debugSetting: () => process.env['DEBUG'] ?? '',
  writeDebug: (line) => console.error(line),
  loadSecrets: async () => (await import('./secrets.node.js')).secrets,
  watchPage: () => () => {},
}
