import { afterEach, describe, expect, it, vi } from 'vitest'
import type * as aead from '../../sdk/crypto/aead.js'
import type * as roster from '../../sdk/mesh/roster/roster.js'
import type * as certificates from '../../sdk/mesh/session/certificates.js'
import type * as handshake from '../../sdk/mesh/session/handshake.js'
import type * as replayWindow from '../../sdk/mesh/session/replay-window.js'
import type * as session from '../../sdk/mesh/session/session.js'
import type * as connector from '../../sdk/mesh/setup/connector.js'
import { faults, type Fault } from './faults.js'
import { planted } from './planted.js'
import { runSeed } from './scenario.js'
import { replayAtWindowEnd, replaySetups, stealCertificate } from './security-worlds.js'
import { ruleBrokenIn } from './shrink.js'

vi.mock('../../sdk/mesh/session/certificates.js', async (importGenuine) => {
  const genuine = await importGenuine<typeof certificates>()
  const verifyCertificate: typeof genuine.verifyCertificate = (...args) =>
    planted.fault.verifyCertificate
      ? planted.fault.verifyCertificate(genuine.verifyCertificate, ...args)
      : genuine.verifyCertificate(...args)
  return { ...genuine, verifyCertificate }
})

vi.mock('../../sdk/crypto/aead.js', async (importGenuine) => {
  const genuine = await importGenuine<typeof aead>()
  const sealRandom: typeof genuine.sealRandom = (...args) =>
    planted.fault.sealRandom ? planted.fault.sealRandom(genuine.sealRandom, ...args) : genuine.sealRandom(...args)
  const openRandom: typeof genuine.openRandom = (...args) =>
    planted.fault.openRandom ? planted.fault.openRandom(genuine.openRandom, ...args) : genuine.openRandom(...args)
  return { ...genuine, sealRandom, openRandom }
})

vi.mock('../../sdk/mesh/session/session.js', async (importGenuine) => {
  const genuine = await importGenuine<typeof session>()
  class Session extends genuine.Session {
    constructor(...[suite, ...rest]: ConstructorParameters<typeof genuine.Session>) {
      super(planted.fault.sessionSuite?.(suite) ?? suite, ...rest)
    }

    override checkBind(...args: Parameters<session.Session['checkBind']>): boolean {
      return planted.fault.checksBind === false || super.checkBind(...args)
    }
  }
  return { ...genuine, Session }
})

vi.mock('../../sdk/mesh/session/replay-window.js', async (importGenuine) => {
  const genuine = await importGenuine<typeof replayWindow>()
  class ReplayWindow extends genuine.ReplayWindow {
    #highest = -1
    #before = -1
    readonly #size: number

    constructor(size: number) {
      super(size)
      this.#size = size
    }

    override mark(counter: number): void {
      if (counter > this.#highest) [this.#before, this.#highest] = [this.#highest, counter]
      super.mark(counter)
    }

    override isFresh(counter: number): boolean {
      const window = { highest: this.#highest, before: this.#before, size: this.#size }
      return super.isFresh(counter) || planted.fault.windowTakes?.(counter, window) === true
    }
  }
  return { ...genuine, ReplayWindow }
})

vi.mock('../../sdk/mesh/roster/roster.js', async (importGenuine) => {
  const genuine = await importGenuine<typeof roster>()
  class Roster extends genuine.Roster {
    constructor(...[suite, ...rest]: ConstructorParameters<typeof genuine.Roster>) {
      super(planted.fault.rosterSuite?.(suite) ?? suite, ...rest)
    }

    override accept(bytes: Uint8Array, nowMs: number): roster.RosterChange | null {
      planted.record = bytes
      try {
        return super.accept(bytes, nowMs)
      } finally {
        planted.record = null
      }
    }
  }
  return { ...genuine, Roster }
})

vi.mock('../../sdk/mesh/setup/connector.js', async (importGenuine) => {
  const genuine = await importGenuine<typeof connector>()
  class Connector extends genuine.Connector {
    override handleSetup(...args: Parameters<connector.Connector['handleSetup']>): void {
      super.handleSetup(...args)
      const [, , from] = args
      if (planted.fault.confirmsAtOnce && from?.unconfirmed) this.confirm(from, from.unconfirmed.session)
    }
  }
  return { ...genuine, Connector }
})

vi.mock('../../sdk/mesh/session/handshake.js', async (importGenuine) => {
  const genuine = await importGenuine<typeof handshake>()
  const answerHandshake: typeof genuine.answerHandshake = (suite, ...rest) =>
    genuine.answerHandshake(planted.fault.answeringSuite?.(suite) ?? suite, ...rest)
  return { ...genuine, answerHandshake }
})

/** The worlds that may show a fault, in order. */
const worldsOf = ({ where }: Fault): (() => void)[] => {
  if (typeof where === 'function') return [where]
  const { adversary, seeds } = where
  return Array.from({ length: seeds }, (_, index) => () => void runSeed(index + 1, { adversary, isGenuine: true }))
}

describe('a planted fault', () => {
  afterEach(() => {
    planted.fault = {}
  })

  it.each(faults)('$name: shows as $rule, and without it the same world stands', (fault) => {
    const worlds = worldsOf(fault)
    planted.fault = fault.plant()
    let shown: string | null = null
    let tried = 0
    while (shown === null && tried < worlds.length) shown = ruleBrokenIn(worlds[tried++] as () => void)
    expect(shown).toBe(fault.rule)
    planted.fault = {}
    expect(ruleBrokenIn(worlds[tried - 1] as () => void)).toBeNull()
  })
})

describe('without a fault', () => {
  it('R8: replays at the end of the window do no harm', () => {
    expect(ruleBrokenIn(replayAtWindowEnd)).toBeNull()
  })

  it('H12: replays of candidates do no harm', () => {
    expect(ruleBrokenIn(replaySetups)).toBeNull()
  })

  it('H5: the certificate of another member opens no session', () => {
    expect(ruleBrokenIn(stealCertificate)).toBeNull()
  })
})
