import { hostForLogs } from '../util/host-for-logs.js'
import { STREAM_KIND } from '../protocol/streams.js'
import type { LogFields } from '../util/log.js'
import type { Raw, RawEvent } from './journal.js'
import type { LogEntry, LogLevel, LogRoom } from './log-entry.js'

/** Ids, and whatever else nobody reads, be it a key: a few characters tell one from the other. */
const LONG = /[\w-]{22,}/g
const SHORT_CHARS = 6
const MAX_TEXT_CHARS = 80

/**
 * What connections of ours end with. Any other words may come from a server or a member, or quote a session description.
 */
const OWN_TEXT =
  /^(?:left|pagehide|failure|aborted|(?:join|signaling|peers|auth|engine)-[a-z]+)$|silent|protocol-error|version-mismatch|overflow|suspended|not connected in time|(?:closed|ended) by the other side|closed with code \d+|refused with HTTP status \d+|cannot connect|no answer in time|not a skein (?:bot|server)|no transport reaches|may not be dialled|the transport failed|connection failed|no WebRTC engine|bad signal|cannot send|channel failed/i

const KIND_NAMES: Readonly<Record<number, string>> = {
  [STREAM_KIND.CHANNEL]: 'channel',
  [STREAM_KIND.PRESENCE]: 'presence',
  [STREAM_KIND.TRANSFER]: 'control',
  [STREAM_KIND.FILE]: 'file',
  [STREAM_KIND.DUPLEX]: 'duplex',
  [STREAM_KIND.MEDIA]: 'media',
}

export const nameOfKind = (kind: number): string => KIND_NAMES[kind] ?? 'other'

export const brief = (text: string): string =>
  text.replace(LONG, (id) => `${id.slice(0, SHORT_CHARS)}…`).slice(0, MAX_TEXT_CHARS)

/** Fields of these names are handed in as they are, and shown as follows; all other texts are ids and words of our own. */
const shown: Readonly<Record<string, (value: unknown) => readonly [name: string, value: LogFields[string]]>> = {
  /** Of an address the host alone: what stands before and behind it may let somebody in. */
  url: (url) => ['host', hostForLogs(new URL(String(url)).host)],
  /** What a connection ended with. */
  text: (text) => ['reason', OWN_TEXT.exec(String(text))?.[0] ?? 'other'],
  /** The message of an error of ours: what could not be done. Why may quote a server, a member or the application. */
  action: (text) => [
    'action',
    String(text)
      .replace(/: .*/s, '')
      .replace(/"[^"]*"/g, '"…"'),
  ],
  stream: (stream) => ['stream', Number(stream)],
  kind: (kind) => ['kind', typeof kind === 'number' ? nameOfKind(kind) : String(kind)],
}

type Told = readonly [room: LogRoom, level: LogLevel, fields: LogFields]

const describeEvent = ({ name, payload }: RawEvent): Told => {
  switch (name) {
    case 'state:change': {
      const { previous, next, reason } = payload
      return ['group', 'info', { previous, next, reason }]
    }
    case 'signaling:change': {
      const { previous, next, reason } = payload
      return ['signaling', 'info', { previous, next, ...(next === 'closed' && { text: reason }) }]
    }
    case 'member:join':
    case 'member:update': {
      const { id, bot, path } = payload.peer
      return ['group', name === 'member:join' ? 'info' : 'debug', { member: id, bot, path }]
    }
    case 'member:leave':
      return ['group', 'info', { member: payload.id, reason: payload.reason }]
    case 'link:change': {
      const { id: member, previous, path, via } = payload
      return ['group', 'info', { member, previous, path, via }]
    }
    case 'delivery:fail': {
      const { id: member, code, count, channel } = payload
      return ['group', 'warn', { member, code, count, isChannel: channel !== undefined }]
    }
    case 'identity:change':
      return ['group', 'warn', { member: payload.id }]
    case 'identified':
      return ['group', 'info', { member: payload.id }]
    case 'message':
      return ['group', 'debug', { from: payload.from, to: payload.to, size: payload.data.length }]
    case 'channel:invalid':
      return ['channel', 'warn', { from: payload.from, channel: payload.channel, code: payload.error.code }]
    case 'presence:change':
      return ['channel', 'debug', { member: payload.id, isSet: payload.next !== null }]
    case 'file':
      return ['transfer', 'info', { from: payload.from, size: payload.size }]
    case 'duplex:open':
      return ['transfer', 'info', { from: payload.from }]
    case 'stream:add':
    case 'stream:update':
      return ['media', name === 'stream:add' ? 'info' : 'debug', { from: payload.from, ...payload.muted }]
    case 'stream:remove':
    case 'stream:unavailable':
      return ['media', 'info', { from: payload.from, reason: payload.reason }]
    case 'speaker:change':
      return ['media', 'debug', { member: payload.id ?? '' }]
    case 'audio:blocked':
      return ['media', 'warn', {}]
    case 'stream:lost':
      return ['media', 'warn', { track: payload.track.kind }]
  }
}

/** The one door to what is shown: whatever comes out here is an id cut short, a code, a number or a word of our own. */
export const createEntry = (group: number, raw: Raw): LogEntry => {
  const { timeMs } = raw
  const [room, level, fields] =
    raw.name === null ? ([raw.room, raw.level, raw.fields ?? {}] as const) : describeEvent(raw)
  const entry: Record<string, LogFields[string]> = {
    timeMs,
    group,
    room,
    level,
    event: raw.name === null ? raw.event : raw.name,
  }
  for (const [given, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const [name, safe] = shown[given]?.(value) ?? [given, value]
    if (typeof safe === 'string') entry[name] = brief(safe)
    else entry[name] = typeof safe === 'object' && safe !== null ? Object.freeze(safe.map(brief)) : safe
  }
  return Object.freeze(entry) as unknown as LogEntry
}
