import type { Platform } from '../platform/platform.js'
import type { Application, GroupCore } from './group-core.js'
import type { Profile } from './options.js'
import type { Peer } from './snapshots.js'
import type { Verification } from './verification.js'

/**
 * Whom this group recognises. The work is done by {@link Verification}, which is loaded beside the first join; until then
 * nobody is recognised, and when it has read what this device knows, it tells what is new.
 */
export class Recognition {
  readonly #create: () => Promise<Verification>
  readonly #app: Application
  #loading: Promise<Verification> | null = null
  #verification: Verification | null = null

  constructor(core: GroupCore, app: Application, platform: Platform) {
    this.#app = app
    this.#create = async () => {
      const { Verification } = await import('./verification.js')
      this.#verification = new Verification(core, app, platform)
      return this.#verification
    }
  }

  /** For each join, which does not wait for it. */
  begin(): void {
    this.#load()
      .then((verification) => verification.begin())
      .catch((error: unknown) => this.#app.report(error))
  }

  isVerified(identity: string, profile: Profile): boolean {
    return this.#verification?.verified.has(identity, profile) ?? false
  }

  /** To be called with each newcomer, and whenever one shows something else of itself. */
  check(peer: Peer): void {
    this.#verification?.check(peer)
  }

  async verify(id: string): Promise<void> {
    return (await this.#load()).verify(id)
  }

  async safetyNumber(id: string): Promise<string> {
    return (await this.#load()).safetyNumber(id)
  }

  #load(): Promise<Verification> {
    this.#loading ??= this.#create().catch((error: unknown) => {
      this.#loading = null
      throw error
    })
    return this.#loading
  }
}
