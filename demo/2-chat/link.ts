import { WebGroup } from 'skein'

/**
 * The key of the group in this page's link. It stands behind the `#`, which browsers keep to themselves: no web server
 * ever sees it. A link without one gets a fresh key, and with it a group that nobody else is in yet.
 */
export const readKey = (): string => {
  const key = new URLSearchParams(location.hash.slice(1)).get('skein')
  if (key !== null && key !== '') return key
  const fresh = WebGroup.generateKey()
  history.replaceState(null, '', `#skein=${fresh}`)
  return fresh
}

/** Copies the link of the page. Where the browser does not allow that, asks for it to be copied by hand. */
export const copyLink = async (): Promise<string> => {
  try {
    await navigator.clipboard.writeText(location.href)
    return 'Link copied'
  } catch {
    prompt('Copy this link and send it to whoever should join:', location.href)
    return 'Copy link'
  }
}
