import { keep, recall } from '../../shared/storage.js'

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

/**
 * The same whenever this browser is given the same file, also after a reload, and nothing that others could guess. A file
 * that was changed is another one. `undefined` where a page may not hash.
 */
export const resumeIdOf = async ({ name, size, lastModified }: File): Promise<string | undefined> => {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- not there in pages that came without TLS
  if (crypto.subtle === undefined) return undefined
  let secret = recall('skein-chat-files')
  if (secret === '') keep('skein-chat-files', (secret = base64url(crypto.getRandomValues(new Uint8Array(16)))))
  const text = JSON.stringify([secret, name, size, lastModified])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return base64url(new Uint8Array(digest, 0, 16))
}
