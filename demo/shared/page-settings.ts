const read = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? ''

/** What whoever serves the page has written into its head. An empty `botUrl` means that there is no bot to invite. */
export const pageSettings = { signalingUrl: read('skein-signaling'), botUrl: read('skein-bot') }
