import { loadSodium } from '../crypto/index.js'
import { SkeinError } from '../errors.js'
import type { Platform } from '../platform/platform.js'
import { decodeBase64url } from '../util/base64url.js'
import type { Application, GroupCore } from './group-core.js'
import type { Peer } from './snapshots.js'
import { withSecrets } from './storage.js'
import { nameOf, readVerifiedName, Verified, writeVerifiedName } from './verified.js'

/** How members of one group become verified, and what follows from that for those who are here. */
export class Verification {
  readonly verified = new Verified()
  readonly #core: GroupCore
  readonly #app: Application
  readonly #platform: Pick<Platform, 'loadSecrets'>
  /** By member id, the name that was told of. */
  readonly #told = new Map<string, string>()

  constructor(core: GroupCore, app: Application, platform: Pick<Platform, 'loadSecrets'>) {
    this.#core = core
    this.#app = app
    this.#platform = platform
  }

  /**
   * For each join: reads what this device knows. Where nothing can be kept there is nothing to know, and the group works
   * as ever. Rejects with `storage-failed` when some of it cannot be read.
   */
  begin(): Promise<void> {
    this.#told.clear()
    return this.#load()
  }

  /** To be called with each newcomer, and whenever one shows something else of itself. */
  check(peer: Peer): void {
    const name = nameOf(peer.profile)
    const previous = this.verified.previous(peer.identity, peer.profile)
    if (previous === null || this.#told.get(peer.id) === name) return
    this.#told.set(peer.id, name)
    this.#emit('identity:change', { id: peer.id, peer, name, previous })
  }

  async verify(id: string): Promise<void> {
    const action = 'member could not be verified'
    const { identity, profile } = this.#core.peer(action, id)
    const name = nameOf(profile)
    if (name === '') throw new SkeinError('member-unnamed', `${action}: "${id}" has no name in its profile`)
    const text = writeVerifiedName({ identity, name })
    await withSecrets(action, this.#platform, async (secrets) => {
      const kept = await secrets.add('verified', `${identity} ${name}`, text)
      if (kept !== text) throw new Error('what is kept of it already is damaged')
    })
    this.verified.add({ identity, name })
    this.#apply()
  }

  /** As people compare them: my identity and that of this member. */
  async safetyNumber(id: string): Promise<string> {
    const action = 'safety number could not be computed'
    const { identity } = this.#core.peer(action, id)
    const own = this.#core.joined(action).identity
    const [sodium, { safetyNumberOf }] = await Promise.all([loadSodium(), import('../crypto/safety-number.js')])
    return safetyNumberOf(sodium, own, decodeBase64url(identity) ?? new Uint8Array())
  }

  async #load(): Promise<void> {
    if ((await this.#platform.loadSecrets()) === null) return
    const action = 'verified members could not be recognised'
    const texts = await withSecrets(action, this.#platform, (secrets) => secrets.all('verified'))
    const known = texts.map(readVerifiedName)
    for (const one of known) if (one !== null) this.verified.add(one)
    this.#apply()
    const damaged = known.filter((one) => one === null).length
    if (damaged > 0) throw new SkeinError('storage-failed', `${action}: "${damaged}" of them are damaged`)
  }

  #apply(): void {
    const { snapshots } = this.#core
    for (const peer of snapshots.review()) this.#emit('member:update', { id: peer.id, peer })
    for (const peer of snapshots.peers) this.check(peer)
  }

  /** A listener may have left the group just now. */
  readonly #emit: Application['emit'] = (name, payload) => {
    if (this.#core.lifecycle.stage.name === 'joined') this.#app.emit(name, payload)
  }
}
