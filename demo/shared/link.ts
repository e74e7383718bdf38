import { WebGroup } from 'skein'

/**
 * The key of the group in this page's link. It stands behind the `#`, which browsers keep to themselves: no web server
 * ever sees it. A link without one gets a fresh key, and with it a group that nobody else is in yet.
 */
export const readKey = (): string => {
  const key = new URLSearchParams(location.hash.slice(1)).get('skein')
  return key !== null && key !== '' ? key : startNewGroup()
}

/** Puts a fresh key into the link; from then on it leads to a group of its own. */
export const startNewGroup = (): string => {
  const key = WebGroup.generateKey()
  history.replaceState(null, '', `#skein=${key}`)
  return key
}

/** Whether someone sent this link, rather than just opening the page. To be asked before `readKey`. */
export const isInvited = (): boolean => new URLSearchParams(location.hash.slice(1)).has('skein')

/** A link that only this machine understands is of no use on a phone. */
export const isLinkLocal = (): boolean => /^(localhost|127\.|\[::1\])/.test(location.hostname)

/** False where the browser does not allow pages to copy. */
export const copyLink = async (): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(location.href)
    return true
  } catch {
    return false
  }
}
