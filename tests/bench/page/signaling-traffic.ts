/** Counts what goes through the WebSockets of this page, payload alone. To be imported before any side. */

const counted = { frames: 0, bytes: 0 }

export type SignalingTraffic = typeof counted

const encoder = new TextEncoder()

const count = (data: unknown): void => {
  counted.frames += 1
  if (typeof data === 'string') counted.bytes += encoder.encode(data).length
  else if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) counted.bytes += data.byteLength
  else if (data instanceof Blob) counted.bytes += data.size
}

window.WebSocket = class extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols)
    this.addEventListener('message', ({ data }) => count(data))
  }

  override send(data: Parameters<WebSocket['send']>[0]): void {
    count(data)
    super.send(data)
  }
}

export const signalingTraffic = (): SignalingTraffic => ({ ...counted })
