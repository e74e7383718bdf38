import type { Server } from 'node:http'
import { resolve } from 'node:path'
import type { WebGroup, WebGroupOptions } from '../sdk/index.js'
import { GroupArchive } from './archive.js'
import { GroupRecording } from './record/group-recording.js'
import { loadWrtcSinks } from './record/wrtc-sinks.js'
import { WebGroupBotServer, type WebGroupBotServerOptions } from './bot-server.js'

export type ReadyMadeOptions = Omit<WebGroupBotServerOptions, 'server'> & { readonly server: Server }

export interface ArchiveBotOptions extends ReadyMadeOptions {
  /**
   * Below which each group has a folder of its own, named after `group.id`; made when it is not there. One bot at a time: two
   * processes do not see what the other writes.
   */
  readonly dir: string
}

export interface RecordBotOptions extends ReadyMadeOptions {
  /** Below which each group in which somebody sends something has a folder of its own, named after `group.id`; made when it is not there. */
  readonly dir: string
  /**
   * Of the videos. Raw pictures are large: 1280x720 takes 20 MB a second with the default.
   * @default 15
   */
  readonly framesPerSecond?: number
  /**
   * What all files of a group may take.
   * @default no limit but the disk
   */
  readonly maxBytes?: number
}

/** Larger messages are for people, and would only be sent twice. */
const MAX_ECHO_BYTES = 65_536
/** What a process can hold; a page could not. */
const RELAY_LINKS = 256

const size = (data: string | Uint8Array): number => data.length

const echo = (group: WebGroup): void => {
  group.on('message', ({ from, data, to }) => {
    const isBot = group.peers.find(({ id }) => id === from)?.bot
    // Two echoes would talk to each other for ever.
    if (isBot !== false || size(data) > MAX_ECHO_BYTES) return
    const sent = to === 'all' ? group.send(data) : group.sendTo(from, data)
    // Whoever has left meanwhile misses nothing.
    sent.catch(() => undefined)
  })
}

const withProfile = (options: WebGroupOptions | undefined, name: string): WebGroupOptions => ({
  ...options,
  profile: { name, ...options?.profile },
})

/** Sends back what it hears, the same way it came: to all, or to the sender alone. Messages up to 64 KiB; not to bots. */
export const createEchoBot = (options: ReadyMadeOptions): WebGroupBotServer => {
  const bot = new WebGroupBotServer({ ...options, webGroupOptions: withProfile(options.webGroupOptions, 'Echo') })
  bot.onWebGroup = echo
  return bot
}

/** Says nothing: it stands between members that cannot connect with each other. Links with up to 256 members. */
export const createRelayBot = (options: ReadyMadeOptions): WebGroupBotServer => {
  const { webGroupOptions } = options
  const limits = { maxLinks: RELAY_LINKS, ...webGroupOptions?.limits }
  const relay = { ...withProfile(webGroupOptions, 'Relay'), limits }
  return new WebGroupBotServer({ ...options, webGroupOptions: relay })
}

/** A bot that keeps something of each of its groups in a folder. */
class KeepingBot extends WebGroupBotServer {
  readonly #kept = new Set<Promise<void>>()

  /** `keep` gives what settles once all that is kept of a group is closed. */
  constructor(
    { dir, ...options }: ReadyMadeOptions & { readonly dir: string },
    name: string,
    keep: (group: WebGroup, dir: string, report: (error: unknown) => void) => Promise<void>,
  ) {
    if (typeof dir !== 'string' || dir === '') throw new TypeError('bot could not be made: dir must be a folder')
    super({ ...options, webGroupOptions: withProfile(options.webGroupOptions, name) })
    const folder = resolve(dir)
    this.onWebGroup = (group) => {
      const closed = keep(group, folder, (error) => this.fail(error))
      this.#kept.add(closed)
      void closed.then(() => this.#kept.delete(closed))
    }
  }

  override async close(): Promise<void> {
    await super.close()
    await Promise.all(this.#kept)
  }
}

/**
 * Keeps what the groups share: every log that a member lists (`new sdk.Log(…, { listed: true })`), with all of its blocks, in LMDB below
 * `dir`, durably before the member is told so (`storedBy`). It lists them all itself, those of earlier times too, and so
 * gives them to whoever invites it when every page is closed. Up to 1,024 logs a group. A log that cannot be kept is told to `onError`, and is
 * no matter to the others. Throws a `TypeError` for a `dir` that is none.
 */
export const createArchiveBot = (options: ArchiveBotOptions): WebGroupBotServer =>
  new KeepingBot(options, 'Archive', (group, dir, report) => new GroupArchive({ group, dir, report }).closed)

/**
 * Records the streams that members send it, in files that any player takes, below `dir`: each video as `.y4m`, each sound as `.wav`, named after when it
 * began, who sent it, and `metadata.kind`. Files are whole once the bot is closed, its group was left, or the stream is gone; what a crash leaves can be played,
 * too. Up to 64 tracks of a group at a time. Who is recorded can see that from the bot's profile alone: whoever runs it asks them. A group that cannot be recorded is
 * told to `onError`. Throws a `TypeError` for a `dir` that is none.
 */
export const createRecordBot = ({ framesPerSecond, maxBytes, ...options }: RecordBotOptions): WebGroupBotServer =>
  new KeepingBot(
    options,
    'Recorder',
    (group, dir, report) =>
      new GroupRecording({ group, dir, report, framesPerSecond, maxBytes, loadSinks: loadWrtcSinks }).closed,
  )
