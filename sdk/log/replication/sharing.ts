import { logIdOf } from '../../crypto/index.js'
import type { Core } from '../core.js'
import { logClosed } from '../failures.js'
import { LogLink, type LinkParts } from './link.js'
import { Listed } from './listed.js'
import { Offences } from './offences.js'
import type { Timing } from './port.js'
import { LogSwarm } from './swarm.js'

/** A handle's part in a log that is shared. */
export interface Hold {
  readonly swarm: LogSwarm
  /** Called once. */
  release(): void
}

interface Shared {
  readonly id: Uint8Array
  readonly swarm: LogSwarm
  /** On which links, and what ends that. */
  readonly ends: Map<LogLink, () => void>
  holds: number
  /** Of those the ones that want all of it. */
  eager: number
  giveUp: () => void
}

export interface SharingParts {
  readonly timing: Timing
  /** A log is held for the first time. */
  readonly begun: () => void
}

const nothing = (): void => undefined

/** The logs that somebody here has open, on all the links on which they are shared. */
export class Sharing {
  readonly offences = new Offences()
  readonly listed = new Listed()
  readonly #parts: SharingParts
  readonly #links = new Set<LogLink>()
  readonly #shared = new Map<Core, Shared>()

  constructor(parts: SharingParts) {
    this.#parts = parts
  }

  /** From here on the log is shared, until the last hold on it is released. */
  hold(core: Core, isEager: boolean): Hold {
    const shared = this.#shared.get(core) ?? this.#begin(core)
    shared.holds++
    if (isEager && ++shared.eager === 1) shared.giveUp = shared.swarm.wantAll()
    this.#parts.begun()
    return {
      swarm: shared.swarm,
      release: () => {
        if (isEager && --shared.eager === 0) shared.giveUp()
        if (--shared.holds === 0) this.#end(core, shared)
      },
    }
  }

  /** Shares all logs on a link, those too that are opened later, until it is closed. */
  connect(parts: Omit<LinkParts, 'offences'>): LogLink {
    const link = new LogLink({ ...parts, offences: this.offences })
    this.#links.add(link)
    for (const shared of this.#shared.values()) shared.ends.set(link, link.share(shared.id, shared.swarm))
    void link.closed.then(() => {
      this.#links.delete(link)
      for (const { ends } of this.#shared.values()) ends.delete(link)
    })
    return link
  }

  /** Ends all links. */
  close(): void {
    for (const link of [...this.#links]) link.close()
  }

  #begin(core: Core): Shared {
    const { sodium, logKey } = core.parts
    const swarm = new LogSwarm({
      core,
      timing: this.#parts.timing,
      violated: (peerId) => this.offences.add(peerId),
    })
    const id = logIdOf(sodium, logKey)
    const shared: Shared = { id, swarm, ends: new Map(), holds: 0, eager: 0, giveUp: nothing }
    this.#shared.set(core, shared)
    for (const link of this.#links) shared.ends.set(link, link.share(id, swarm))
    return shared
  }

  #end(core: Core, { swarm, ends }: Shared): void {
    this.#shared.delete(core)
    for (const end of ends.values()) end()
    swarm.close(logClosed())
  }
}
