import type { AuthProvider } from '../crypto/index.js'
import type { Transport } from '../link/link.js'
import { webRTC } from '../link/webrtc.js'
import { webSocket } from '../link/websocket.js'
import { parseSocketUrl } from '../platform/socket-url.js'
import { MAX_NEIGHBORS, MAX_PROFILE_BYTES } from '../protocol/limits.js'
import { encodeUtf8 } from '../util/bytes.js'
import { anonymous, resolveAuth } from './auth.js'
import { checkArray, checkBoolean, checkFields, checkWhole } from './checks.js'
import { isIdentity, type Identity } from './identity.js'
import type { Logger } from './log-entry.js'
import { describeType } from './messages.js'

/** What members are shown of each other: an object of at most 512 bytes as JSON. */
export type Profile = Readonly<Record<string, unknown>>

/** Where a signaling server is. */
export type SignalingServer = string | { readonly url: string }

export type IceServers = readonly RTCIceServer[] | (() => Promise<readonly RTCIceServer[]>)

/** What a group is made with. Everything has a default, and every default can be changed by {@link configure}. */
export interface WebGroupOptions {
  /**
   * The signaling server, or several that are tried in turn. It introduces members to each other and carries nothing
   * else. `wss://` URLs; `ws://` only on this machine, or with `allowInsecure`.
   * @default none: `join()` rejects with `signaling-missing`
   */
  readonly signaling?: SignalingServer | readonly SignalingServer[] | undefined
  /**
   * STUN and TURN servers for WebRTC, or a function that is asked at every `join()`, for credentials that expire.
   * `join()` rejects with what the function rejects with.
   * @default [] — no server is contacted that is not named here
   */
  readonly iceServers?: IceServers | undefined
  /**
   * The ways to make links, best first.
   * @default [webRTC(), webSocket()]
   */
  readonly transports?: readonly Transport[] | undefined
  /**
   * What lets members in beside the group key: {@link anonymous}, {@link sharedSecret}, {@link allowList}, one of your
   * own, or a list, best first. Two members need one in common.
   * @default anonymous() — the key admits
   */
  readonly auth?: AuthProvider | readonly AuthProvider[] | undefined
  /**
   * Who I am, in every join of this group. Members see its `id` as `peer.identity`.
   * @default a fresh one for each join
   */
  readonly identity?: Identity | undefined
  /**
   * Shown to members and hidden from everyone else. Copied when the group is made.
   * @default {}
   */
  readonly profile?: Profile | undefined
  /**
   * Whether the group stays joined when it has lost every link and the signaling server, and whether it joins again
   * when a page comes back from the back-forward cache. With `false` it has left once both have been gone for
   * `lingerMs`.
   * @default true
   */
  readonly autoRejoin?: boolean | undefined
  /**
   * Whether this member forwards, unread, between two others that cannot connect.
   * @default true
   */
  readonly relay?: boolean | undefined
  readonly limits?: GroupLimits | undefined
  /**
   * How long a member that has fallen silent keeps its place, in milliseconds; from 5,000, since silence is noticed
   * after 4 s only.
   * @default 10_000
   */
  readonly lingerMs?: number | undefined
  /**
   * Permits `ws://` to signaling servers and bots beyond this machine, where anyone on the way can see who connects.
   * @default false
   */
  readonly allowInsecure?: boolean | undefined
  /**
   * Is given what the group does as it happens, in entries without secrets ({@link LogEntry}): for a log of your own.
   * `DEBUG=skein:*` in Node, or `localStorage.debug = 'skein:*'` in a browser, shows the same without it.
   * @default none
   */
  readonly logger?: Logger | undefined
}

export interface GroupLimits {
  /**
   * The largest message sent or accepted, in bytes. A message is held in memory whole, at both ends.
   * @default 67_108_864 (64 MiB)
   */
  readonly messageBytes?: number | undefined
  /**
   * How many members may be linked directly. Browsers slow down beyond some dozens of connections.
   * @default 32
   */
  readonly maxLinks?: number | undefined
  /**
   * How long a member that acknowledges nothing may keep sends waiting, in milliseconds. Then what it has not
   * acknowledged fails for it alone, with `member-stalled`, and nobody waits for it any longer.
   * @default 5_000 — longer than it takes to notice a dead connection and go around it
   */
  readonly stallMs?: number | undefined
}

/** Options after checks and defaults. */
export interface Settings {
  readonly signalingUrls: readonly string[]
  readonly iceServers: IceServers
  readonly transports: readonly Transport[]
  readonly auth: readonly AuthProvider[]
  /** `null` for a fresh one with each join. */
  readonly identity: Identity | null
  /** JSON in UTF-8. */
  readonly profile: Uint8Array
  readonly autoRejoin: boolean
  readonly relay: boolean
  readonly messageBytes: number
  readonly maxLinks: number
  readonly stallMs: number
  readonly lingerMs: number
  readonly allowInsecure: boolean
  readonly logger: Logger | null
}

const optionNames = [
  'signaling',
  'iceServers',
  'transports',
  'auth',
  'identity',
  'profile',
  'autoRejoin',
  'relay',
  'limits',
  'lingerMs',
  'allowInsecure',
  'logger',
]
const maxMessageBytes = 2 ** 30
const maxLingerMs = 86_400_000
const maxStallMs = 86_400_000

let defaults: WebGroupOptions = {}

/**
 * Sets defaults for groups that are made from now on; existing ones keep theirs. An option given here replaces the
 * one given by an earlier call (each of `limits` by itself), and one given to `new WebGroup()` goes before both.
 *
 * Throws a `TypeError` or `RangeError` for what no group would accept, and then changes nothing.
 */
export const configure = (options: WebGroupOptions): void => {
  const action = 'defaults could not be set'
  const merged = merge(defaults, checkShape(action, options))
  // An insecure URL may be followed by a call that allows it: that is judged when a group is made.
  resolve(action, { ...merged, allowInsecure: true })
  defaults = merged
}

/** Throws a `TypeError`, a `RangeError`, or `insecure-url`. */
export const resolveOptions = (options: WebGroupOptions): Settings => {
  const action = 'group could not be made'
  return resolve(action, merge(defaults, checkShape(action, options)))
}

const checkShape = (action: string, options: unknown): WebGroupOptions => {
  const fields = checkFields(action, 'options', options, optionNames)
  if (fields.limits !== undefined) checkFields(action, 'limits', fields.limits, ['messageBytes', 'maxLinks', 'stallMs'])
  return fields
}

const merge = (base: WebGroupOptions, over: WebGroupOptions): WebGroupOptions => ({
  ...base,
  ...given(over),
  limits: { ...base.limits, ...given(over.limits ?? {}) },
})

const given = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>

const resolve = (action: string, options: WebGroupOptions): Settings => {
  // Defaults of destructuring stand in for undefined alone: null is an error, as any other wrong type is.
  const { signaling = [], iceServers = [], transports = [webRTC(), webSocket()], profile = {}, limits = {} } = options
  const { auth = anonymous() } = options
  const { autoRejoin = true, relay = true, lingerMs = 10_000, allowInsecure = false } = options
  const { messageBytes = 64 * 2 ** 20, maxLinks = 32, stallMs = 5_000 } = limits
  const insecure = checkBoolean(action, 'allowInsecure', allowInsecure)
  return {
    signalingUrls: resolveSignaling(action, signaling, insecure),
    iceServers: resolveIceServers(action, iceServers),
    transports: resolveTransports(action, transports),
    auth: resolveAuth(action, auth),
    identity: resolveIdentity(action, options.identity),
    profile: encodeProfile(action, profile),
    autoRejoin: checkBoolean(action, 'autoRejoin', autoRejoin),
    relay: checkBoolean(action, 'relay', relay),
    messageBytes: checkWhole(action, 'limits.messageBytes', messageBytes, 1, maxMessageBytes),
    maxLinks: checkWhole(action, 'limits.maxLinks', maxLinks, 1, MAX_NEIGHBORS),
    stallMs: checkWhole(action, 'limits.stallMs', stallMs, 1, maxStallMs),
    lingerMs: checkWhole(action, 'lingerMs', lingerMs, 5_000, maxLingerMs),
    allowInsecure: insecure,
    logger: resolveLogger(action, options.logger),
  }
}

const resolveSignaling = (action: string, value: unknown, allowInsecure: boolean): readonly string[] =>
  (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map((server) => {
    const url = typeof server === 'string' ? server : checkFields(action, 'signaling', server, ['url']).url
    if (typeof url !== 'string') {
      throw new TypeError(`${action}: the URL of a signaling server must be a string, not ${describeType(url)}`)
    }
    return parseSocketUrl(url, { allowInsecure })
  })

const resolveIceServers = (action: string, value: unknown): IceServers =>
  typeof value === 'function' ? (value as () => Promise<readonly RTCIceServer[]>) : checkIceServers(action, value)

/** A frozen copy, so that what was checked is what is used. */
export const checkIceServers = (action: string, value: unknown): readonly RTCIceServer[] =>
  Object.freeze(
    checkArray(action, 'iceServers', value).map((server) => {
      const { urls } = checkFields(action, 'iceServers', server, ['urls', 'username', 'credential', 'credentialType'])
      const list: readonly unknown[] = Array.isArray(urls) ? urls : [urls]
      for (const url of list) {
        if (typeof url !== 'string' || !/^(stun|turn)s?:/i.test(url)) {
          throw new TypeError(`${action}: iceServers must have "urls" that begin with stun:, stuns:, turn: or turns:`)
        }
      }
      return { ...(server as RTCIceServer) }
    }),
  )

const resolveTransports = (action: string, value: unknown): readonly Transport[] => {
  const transports = checkArray(action, 'transports', value)
  if (transports.length === 0) throw new RangeError(`${action}: transports is empty, so no link could be made`)
  for (const transport of transports as readonly (Partial<Transport> | null | undefined)[]) {
    if (transport?.kind !== 'signaled' && transport?.kind !== 'dialed') {
      const what = describeType(transport)
      throw new TypeError(`${action}: transports must hold what webRTC() or webSocket() returns, not ${what}`)
    }
  }
  return Object.freeze([...(transports as readonly Transport[])])
}

const resolveIdentity = (action: string, value: unknown): Identity | null => {
  if (value === undefined) return null
  if (isIdentity(value)) return value
  throw new TypeError(`${action}: identity must be an Identity, not ${describeType(value)}`)
}

const resolveLogger = (action: string, value: unknown): Logger | null => {
  if (value === undefined) return null
  if (typeof value === 'function') return value as Logger
  throw new TypeError(`${action}: logger must be a function, not ${describeType(value)}`)
}

const encodeProfile = (action: string, value: unknown): Uint8Array => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${action}: profile must be an object, not ${describeType(value)}`)
  }
  let text: unknown
  try {
    // With a toJSON() of its own an object may come out as nothing at all, or as something else (a Date as text).
    text = JSON.stringify(value)
  } catch (cause) {
    throw new TypeError(`${action}: profile cannot be written as JSON`, { cause })
  }
  if (typeof text !== 'string' || !text.startsWith('{'))
    throw new TypeError(`${action}: profile cannot be written as JSON`)
  const bytes = encodeUtf8(text)
  if (bytes.length > MAX_PROFILE_BYTES) {
    throw new RangeError(`${action}: profile takes "${bytes.length}" bytes as JSON, more than ${MAX_PROFILE_BYTES}`)
  }
  return bytes
}
