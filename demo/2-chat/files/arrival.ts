import { SkeinError, type FileOffer, type IncomingFile } from 'skein'
import { KeptPieces } from './kept.js'

/** Less is lost with a reload, more would be many writes. */
const pieceBytes = 2 ** 20

/** After these the same file may come again; after all else it is not wanted, or not right. */
const mayGoOn = ['member-left', 'closed', 'stream-refused']

const pieces = new KeptPieces()

/** A file that is offered, with what is here of it from before this page was loaded, or its sender left. */
export interface Arrival {
  readonly have: Blob
  /** Reads it to its end, and keeps what comes until it is whole. Rejects as `file.done`. */
  read(file: IncomingFile): Promise<Blob>
}

export const findArrival = async ({ resumeId, name, size }: FileOffer): Promise<Arrival> => {
  // The id is the sender's choice. What it is over again with another size is another file.
  const id = `${resumeId} ${size ?? ''} ${name}`
  const found = await pieces.read(id)
  const have = found.size <= (size ?? Infinity) ? found : new Blob()
  return { have, read: (file) => readKeeping(id, have, file) }
}

const readKeeping = async (id: string, have: Blob, file: IncomingFile): Promise<Blob> => {
  const whole: Blob[] = [have]
  let position = have.size
  let waiting: Uint8Array<ArrayBuffer>[] = []
  let waitingBytes = 0
  const keep = async (): Promise<void> => {
    const piece = new Blob(waiting)
    waiting = []
    waitingBytes = 0
    whole.push(piece)
    await pieces.add(id, position, piece)
    position += piece.size
  }
  const reader = file.stream.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      waiting.push(next.value as Uint8Array<ArrayBuffer>)
      waitingBytes += next.value.length
      if (waitingBytes >= pieceBytes) await keep()
    }
  } catch (error) {
    if (error instanceof SkeinError && mayGoOn.includes(error.code)) await keep()
    else await pieces.forget(id)
    throw error
  }
  await pieces.forget(id)
  return new Blob([...whole, ...waiting], { type: file.type })
}
