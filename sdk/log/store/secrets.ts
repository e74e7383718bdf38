import { platform } from '#platform'
import { loadSodium } from '../../crypto/index.js'
import { exportSeed, importSeed } from '../../crypto/store.js'
import { SkeinError } from '../../errors.js'

const SEED_BYTES = 32

/** A seed as a text of one line, sealed if there is a passphrase. Rejects `engine-missing`. */
export const textOfSeed = async (action: string, seed: Uint8Array, passphrase: string | undefined): Promise<string> => {
  const sodium = await load(action, passphrase)
  return exportSeed(sodium, (size) => platform.randomBytes(size), seed, passphrase)
}

/** A seed as 24 words. Rejects `engine-missing`. */
export const phraseOfSeed = async (action: string, seed: Uint8Array): Promise<string> => {
  const { entropyToMnemonic, wordlist } = await loadWords(action)
  return entropyToMnemonic(seed, wordlist)
}

/** The seed in either. Rejects with a `RangeError` for what is none, with `passphrase-wrong`, and `engine-missing`. */
export const seedIn = async (action: string, text: string, passphrase: string | undefined): Promise<Uint8Array> => {
  const words = text.trim().toLowerCase().split(/\s+/)
  if (words.length === 1) return importSeed(await load(action, passphrase), action, text.trim(), passphrase)
  const { mnemonicToEntropy, wordlist } = await loadWords(action)
  const seed = read(() => mnemonicToEntropy(words.join(' '), wordlist))
  if (seed?.length === SEED_BYTES) return seed
  // Without what the library says: it quotes words.
  throw new RangeError(`${action}: a word of the phrase is mistyped or missing`)
}

const read = <Value>(run: () => Value): Value | null => {
  try {
    return run()
  } catch {
    return null
  }
}

const missing = (action: string, cause: unknown): SkeinError =>
  new SkeinError('engine-missing', `${action}: the cryptography could not be loaded`, { cause })

const load = async (action: string, passphrase: string | undefined): ReturnType<typeof loadSodium> => {
  try {
    // Used later, but what cannot be loaded is to be told of here.
    if (passphrase !== undefined) await import('../../crypto/passphrase.js')
    return await loadSodium()
  } catch (cause) {
    throw missing(action, cause)
  }
}

/** Only now: the words are 5 KiB that few ever need. */
const loadWords = async (action: string) => {
  try {
    const [words, { wordlist }] = await Promise.all([
      import('@scure/bip39'),
      import('@scure/bip39/wordlists/english.js'),
    ])
    return { ...words, wordlist }
  } catch (cause) {
    throw missing(action, cause)
  }
}
