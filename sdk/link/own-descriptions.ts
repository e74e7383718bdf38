/**
 * @roamhq/wrtc writes out a description on the thread of the script, while the one that gathers adds candidates to it: a
 * process that reads `localDescription` meanwhile ends, sooner or later, by a segmentation fault
 * (https://github.com/node-webrtc/node-webrtc/issues/696), and `remoteDescription` is no different. So nobody asks such a
 * connection: what is handed out here answers by what was set and by the candidates that were told, and passes on
 * everything else. Browsers hand out copies, and their connections are returned as they are. To be removed when the
 * engine writes descriptions out where it makes them.
 */
export const withOwnDescriptions = (connection: RTCPeerConnection): RTCPeerConnection => {
  // That of @roamhq/wrtc has its listeners from a class of its own.
  if ((connection as object) instanceof EventTarget) return connection
  let local: RTCSessionDescriptionInit | null = null
  let remote: RTCSessionDescriptionInit | null = null
  let candidates = ''
  // Called before `onicecandidate`: who is told of a candidate finds it in the description.
  connection.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate !== null && candidate.candidate !== '') candidates += `a=${candidate.candidate}\r\n`
  })
  const own: Readonly<Record<string, () => unknown>> = {
    // There is one section, that of the channels, and so the end of the text is the end of it.
    localDescription: () => local && { type: local.type, sdp: `${local.sdp ?? ''}${candidates}` },
    remoteDescription: () => remote,
    setLocalDescription: () => async (description: RTCSessionDescriptionInit) => {
      await connection.setLocalDescription(description)
      local = description
    },
    setRemoteDescription: () => async (description: RTCSessionDescriptionInit) => {
      await connection.setRemoteDescription(description)
      remote = description
    },
  }
  return new Proxy(connection, {
    get: (target, name) => {
      if (typeof name === 'string' && Object.hasOwn(own, name)) return own[name]?.()
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value),
  })
}
