import { SkeinError } from '../errors.js'
import type { MediaParts } from './fetch-media.js'
import { ownScript } from './own-script.js'

const FILE = 'skein-media.global.js'

/**
 * A script for tags is one file, and most pages have no use for what carries media: it is in another one, beside the one that is
 * running. A page that loads it by a tag of its own, as one with integrity hashes does, has it already.
 */
export const fetchMediaParts = async (): Promise<MediaParts> => {
  const known = findParts()
  if (known !== undefined) return known
  await loadScript()
  const loaded = findParts()
  if (loaded === undefined) throw failure()
  return loaded
}

const findParts = () => (globalThis as { SkeinMedia?: MediaParts }).SkeinMedia

const loadScript = (): Promise<void> =>
  new Promise((resolve, reject) => {
    if (!ownScript?.src) throw failure()
    const script = document.createElement('script')
    script.src = new URL(FILE, ownScript.src).href
    script.nonce = ownScript.nonce
    script.crossOrigin = ownScript.crossOrigin
    const end = (settle: () => void) => (): void => {
      script.remove()
      settle()
    }
    script.onload = end(resolve)
    script.onerror = end(() => reject(failure()))
    document.head.append(script)
  })

const failure = (): SkeinError =>
  new SkeinError('engine-missing', `media could not be carried: ${FILE} could not be loaded`)
