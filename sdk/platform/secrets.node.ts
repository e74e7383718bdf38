import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '../util/bytes.js'
import type { SecretKind, SecretStore } from './platform.js'

const MAX_FILE_CHARACTERS = 128
/** Windows takes these for devices, whatever folder they are in. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/

const isSafe = (byte: number): boolean => /[a-z0-9_-]/.test(String.fromCharCode(byte))
const escaped = (byte: number): string => `%${byte.toString(16).padStart(2, '0')}`

/**
 * A file name for any name, another one for another name: also where `A` and `a` are one file, and never one that
 * leads out of its folder. A dot is none of its characters, so that files that begin with one are ours to use.
 */
export const fileNameOf = (name: string): string => {
  const bytes = [...encodeUtf8(name)]
  const isDevice = DEVICES.test(name)
  const file = bytes
    .map((byte, index) => (isSafe(byte) && !(isDevice && index === 0) ? String.fromCharCode(byte) : escaped(byte)))
    .join('')
  if (file.length <= MAX_FILE_CHARACTERS) return file
  // No escaped name has two of these in a row.
  return `%%${createHash('sha256').update(name).digest('hex')}`
}

/** Looked up at each call: a process may set the variable after the import. */
const folderOf = (kind: SecretKind): string => join(process.env.SKEIN_HOME || join(homedir(), '.skein'), kind)

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code

const read = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

const list = async (folder: string): Promise<readonly string[]> => {
  try {
    return (await readdir(folder)).filter((file) => !file.startsWith('.'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Whole and on the disk, under a name that nobody looks at. */
const writeAside = async (folder: string, text: string): Promise<string> => {
  const path = join(folder, `.${randomUUID()}`)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await unlink(path)
    throw error
  } finally {
    await file.close()
  }
  return path
}

/** Files that their owner alone can read, below `SKEIN_HOME` or in `.skein` of the home folder. */
export const secrets: SecretStore = {
  get: (kind, name) => read(join(folderOf(kind), fileNameOf(name))),
  add: async (kind, name, text) => {
    const folder = folderOf(kind)
    const path = join(folder, fileNameOf(name))
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const aside = await writeAside(folder, text)
    try {
      // Unlike a rename this fails when there is one already, and unlike writing in place nobody ever sees a part.
      await link(aside, path)
      return text
    } catch (error) {
      const kept = codeOf(error) === 'EEXIST' ? await read(path) : null
      if (kept === null) throw error
      return kept
    } finally {
      await unlink(aside)
    }
  },
  all: async (kind) => {
    const folder = folderOf(kind)
    const texts = await Promise.all((await list(folder)).map((file) => read(join(folder, file))))
    return texts.filter((text) => text !== null)
  },
}
