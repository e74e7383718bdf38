/** The page's end of `servers/relay.ts`, for the sides that bring no signaling of their own. */

interface RelayHandlers {
  /** Once, before anything else: the members that were there already. The newcomer calls them. */
  onPresent(ids: readonly string[]): void
  onMessage(from: string, data: unknown): void
}

export interface RelayClient {
  send(to: string, data: unknown): void
  close(): void
}

type RelayFrame = { readonly present: readonly string[] } | { readonly from: string; readonly data: unknown }

/** Resolves when the relay has said who is present. */
export const openRelay = async (url: string, room: string, handlers: RelayHandlers): Promise<RelayClient> => {
  const socket = new WebSocket(`${url}/${room}`)
  await new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error('the relay cannot be reached'))
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as RelayFrame
      if ('present' in frame) {
        handlers.onPresent(frame.present)
        resolve()
      } else handlers.onMessage(frame.from, frame.data)
    }
  })
  return {
    send: (to, data) => socket.send(JSON.stringify({ to, data })),
    close: () => socket.close(),
  }
}
