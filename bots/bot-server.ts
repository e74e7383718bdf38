import type { Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import { BotHost } from '../sdk/group/host.js'
import type { WebGroup, WebGroupOptions } from '../sdk/index.js'
import { watchForBeingAlone } from './being-alone.js'

export interface WebGroupBotServerOptions {
  /** Whose WebSocket upgrades are taken. Listening is yours, and so is everything else that the server answers. */
  readonly server: Server | SecureServer
  /**
   * What members dial to reach this bot, as they see it: `wss://bots.example.org`. It is shown to all members, who use
   * it when they have no other link to the bot. With a path, only upgrades of that path are taken, so that several bots
   * can share one server.
   * @default '' — only whoever invites the bot knows where it is
   */
  readonly url?: string
  /**
   * For each group, as for `new WebGroup()`. With `signaling`, the bot also finds members there; it contacts no server
   * that is not named here. `identity` is who the bot is; without it, it is another with every `WebGroupBotServer`.
   * @default {}
   */
  readonly webGroupOptions?: WebGroupOptions
  /**
   * Leaves a group in which nobody else has been for `lingerMs`, so that groups that are over do not pile up.
   * @default true
   */
  readonly leaveOnceAlone?: boolean
  /**
   * In how many groups at a time; further invitations are refused.
   * @default 100
   */
  readonly maxGroups?: number
}

/**
 * Brings a bot into every group that it is invited to with `group.invite(url)`. It is an ordinary member there, with
 * `peer.bot` set.
 *
 * Anyone who can reach the server can invite. The throw of the constructor is a `TypeError` or `RangeError`, for
 * options that make no sense.
 *
 * @example
 * ```ts
 * const server = createServer()
 * const bot = new WebGroupBotServer({ server })
 * bot.onWebGroup = (group) => {
 *   group.onMessage = (id, data) => group.sendTo(id, data)
 * }
 * server.listen(9000)
 * ```
 */
export class WebGroupBotServer {
  /** Called with a group that is about to be joined: the moment to add listeners. */
  onWebGroup: ((group: WebGroup) => void) | null = null
  /** Called with what failed: a group that could not be joined, or an `onWebGroup` that threw. Logged when not set. */
  onError: ((error: unknown) => void) | null = null
  readonly #host: BotHost

  constructor(options: WebGroupBotServerOptions) {
    const { server, url = '', webGroupOptions = {}, leaveOnceAlone = true, maxGroups = 100 } = options
    if (typeof (server as Partial<Server> | undefined)?.on !== 'function') {
      throw new TypeError('bot could not be made: server must be an HTTP server')
    }
    if (!Number.isInteger(maxGroups) || maxGroups < 1) {
      throw new RangeError(`bot could not be made: maxGroups is "${maxGroups}", not a whole number from 1`)
    }
    this.#host = new BotHost({
      server,
      url,
      maxGroups,
      groupOptions: webGroupOptions,
      onGroup: (group) => {
        if (leaveOnceAlone) watchForBeingAlone(group, webGroupOptions.lingerMs)
        this.onWebGroup?.(group)
      },
      onError: (error) => this.fail(error),
    })
  }

  /** Tells `onError` what failed, or logs it: for bots that do something of their own. */
  protected fail(error: unknown): void {
    if (this.onError) this.onError(error)
    else console.error('skein bot:', error)
  }

  /**
   * Who this bot is, 43 characters: behind `#` in the URL of an invitation it makes sure that nobody else answers.
   * That of `webGroupOptions.identity`, or a fresh one. Rejects when the cryptography could not be loaded.
   */
  get identity(): Promise<string> {
    return this.#host.identity
  }

  /** The groups that the bot is in or joining. */
  get groups(): readonly WebGroup[] {
    return this.#host.groups
  }

  /**
   * Takes no more invitations and leaves all groups with a goodbye. Resolves when all is closed; the HTTP server is
   * left as it is. Idempotent, never rejects.
   */
  close(): Promise<void> {
    return this.#host.close()
  }
}
