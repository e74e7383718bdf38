import type { IceServers, Settings } from './options.js'

/** What this group is set up to do, without asking anyone. Plain data, free of secrets. */
export interface GroupDescription {
  /** Every host that this configuration can contact, besides the members themselves. Each use of a host once. */
  readonly hosts: readonly ConfiguredHost[]
  /** False while `iceServers` is a function that has not been asked yet: its hosts are missing from `hosts`. */
  readonly hostsComplete: boolean
  /** Whether addresses that members announce may be dialled. */
  readonly memberAddresses: boolean
  /** How the key came about: a server can try to guess a typed one. `null` while the group has none. */
  readonly key: 'generated' | 'typed' | null
}

export interface ConfiguredHost {
  /** With the port, when the URL names one. */
  readonly host: string
  readonly use: 'signaling' | 'stun' | 'turn'
}

/** `iceServers` is what stands in for the settings' own once a join has asked for them. */
export const describeGroup = (
  settings: Settings,
  iceServers: IceServers,
  key: GroupDescription['key'],
): GroupDescription => {
  const hosts = new Map<string, ConfiguredHost>()
  const add = (host: string, use: ConfiguredHost['use']) => {
    hosts.set(`${use} ${host}`, Object.freeze({ host, use }))
  }
  // Only the host: path, query and credentials of a URL may be secret.
  for (const url of settings.signalingUrls) add(new URL(url).host, 'signaling')
  for (const url of typeof iceServers === 'function' ? [] : iceServers.flatMap((server) => server.urls)) {
    const [, scheme = '', host = ''] = /^(stun|turn)s?:([^?]*)/i.exec(url) ?? []
    add(host, scheme.toLowerCase() as 'stun' | 'turn')
  }
  return Object.freeze({
    hosts: Object.freeze([...hosts.values()]),
    hostsComplete: typeof iceServers !== 'function',
    memberAddresses: settings.transports.some(({ kind }) => kind === 'dialed'),
    key,
  })
}
