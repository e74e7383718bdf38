const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i
/** Bare addresses: of IPv4 in the form in which a URL shows it, of IPv6 in brackets. */
const ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[[^\]]*\])(?=:\d+$|$)/

/** A host as it may be shown to others: an address says where somebody is, unless it is everybody's own. */
export const hostForLogs = (host: string): string => (LOOPBACK.test(host) ? host : host.replace(ADDRESS, '(address)'))
