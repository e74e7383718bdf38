import { SkeinError } from '../errors.js'
import type { IncomingFile } from './file-offer.js'
import { safeFileName } from './file-name.js'

/** What Chromium has of the File System Access API; TypeScript's own types lack it. */
type SavePicker = (options: { readonly suggestedName: string }) => Promise<{
  createWritable(): Promise<WritableStream<Uint8Array>>
}>

/** Browsers read a download on their own time: its address must outlive the click. */
const ADDRESS_LIFE_MS = 60_000

const pickerOf = (): SavePicker | null => {
  const { showSaveFilePicker } = globalThis as { readonly showSaveFilePicker?: SavePicker }
  return typeof showSaveFilePicker === 'function' ? showSaveFilePicker.bind(globalThis) : null
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** Where the user wants it, or `null` where the browser lets nobody choose: not here, not now, not under this name. */
const pick = async (suggestedName: string): Promise<WritableStream<Uint8Array> | null> => {
  const picker = pickerOf()
  if (picker === null) return null
  try {
    const handle = await picker({ suggestedName })
    return await handle.createWritable()
  } catch (error) {
    if (isAbort(error)) throw error
    return null
  }
}

const download = async (incoming: IncomingFile, name: string): Promise<void> => {
  const address = URL.createObjectURL(await incoming.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), ADDRESS_LIFE_MS)
}

/**
 * Saves a file that arrives on the user's device, in a page. Where there is the File System Access API the user chooses
 * where, so it is to be called from a click, and the file is written as it comes, of any size; there, what fails leaves
 * nothing behind. Elsewhere all of it is gathered in a Blob and downloaded.
 *
 * Resolves when it is written, or handed to the browser's downloads. Rejects as `incoming.done`, with the `AbortError` of a
 * user who chooses no place, after which `incoming` still waits to be read, and with `storage-failed` where there is no page.
 */
export const saveToDisk = async (
  incoming: IncomingFile,
  options: {
    /** Made safe first. By default the name of the file. */
    readonly suggestedName?: string
  } = {},
): Promise<void> => {
  const name = safeFileName(options.suggestedName ?? incoming.name)
  if (typeof document === 'undefined')
    throw new SkeinError('storage-failed', 'file could not be saved: there is no page')
  const target = await pick(name)
  if (target === null) return download(incoming, name)
  await incoming.stream.pipeTo(target)
}
