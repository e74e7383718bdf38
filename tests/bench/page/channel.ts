/** Flow control on a bare data channel, for the bare side and for those that leave it to their users. */

export const KIB = 2 ** 10
export const MIB = 2 ** 20

/** The largest message that every engine takes, and the fastest. */
export const pieceBytes = 64 * KIB

/** `undefined` when less than `gateBytes` wait in the buffer, else a promise for half of that. */
export const untilRoom = (channel: RTCDataChannel, gateBytes: number): Promise<void> | undefined => {
  if (channel.bufferedAmount < gateBytes) return undefined
  channel.bufferedAmountLowThreshold = gateBytes / 2
  return new Promise((resolve) => channel.addEventListener('bufferedamountlow', () => resolve(), { once: true }))
}

/** Views of at most {@link pieceBytes}. */
export function* piecesOf(bytes: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}
