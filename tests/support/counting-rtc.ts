import type { RtcEngine } from '../../sdk/platform/platform.js'

/** An engine that counts its connections which are not closed. */
export const countConnections = (engine: RtcEngine): { engine: RtcEngine; live: () => number; made: () => number } => {
  const open = new Set<RTCPeerConnection>()
  let made = 0
  const Counted = function (configuration?: RTCConfiguration): RTCPeerConnection {
    const connection = new engine.RTCPeerConnection(configuration)
    const close = connection.close.bind(connection)
    connection.close = () => {
      open.delete(connection)
      close()
    }
    open.add(connection)
    made += 1
    return connection
  }
  return {
    engine: { ...engine, RTCPeerConnection: Counted as unknown as RtcEngine['RTCPeerConnection'] },
    live: () => open.size,
    made: () => made,
  }
}
