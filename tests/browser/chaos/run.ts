/** Six pages and two bots in one group, with everything that a plan does to them, and what the observer makes of it. */
import { WebGroup } from 'skein'
import { launchChromium } from '../../support/chromium.js'
import { servePages } from '../serve-pages.js'
import { startSignaling, type SignalingProcess } from '../signaling-process.js'
import { BotActor, PageActor, type Actor, type Stage } from './actors.js'
import type { History } from './history.js'
import { judge, type Verdict } from './judge.js'
import { Observer } from './observer.js'
import { allAgree, type Trouble } from './partings.js'
import { bots, createPlan, describeFault, pages, targetsOf, type Fault, type Name, type Plan } from './plan.js'

export interface ChaosOptions {
  readonly seed: number
  /** Of the time in which faults happen. */
  readonly lengthMs: number
  /** Of each member: fewer than the others there are make the mesh partial. @default 32, as for anybody */
  readonly maxLinks?: number
  readonly print: (line: string) => void
}

export interface Outcome {
  readonly plan: Plan
  readonly lengthMs: number
  readonly inflicted: readonly Fault[]
  /** Their targets were not back yet. */
  readonly skipped: number
  /** How the processes of bots ended that nobody ended. */
  readonly crashes: readonly string[]
  readonly verdict: Verdict
  /** In the end everyone had everyone in `members`. */
  readonly agreed: boolean
  readonly histories: readonly History[]
  readonly troubles: readonly Trouble[]
}

const EVERY_MS = 50
/** Until a link that carries nothing, or a member behind it that is dead, is taken for what it is. */
const NOTICE_MS = 6_000
/** For everyone to have everyone again, and for everything owed to arrive. */
const QUIET_MS = 40_000

export const runChaos = async ({ seed, lengthMs, maxLinks = 32, print }: ChaosOptions): Promise<Outcome> => {
  const cleanUps: (() => Promise<unknown>)[] = []
  const opened = async <T>(opening: Promise<T>, close: (one: T) => Promise<unknown>): Promise<T> => {
    const one = await opening
    cleanUps.unshift(() => close(one))
    return one
  }
  try {
    const server = await opened(startSignaling(), (one) => one.stop())
    const observer = await opened(Observer.open(), (one) => one.close())
    const { url: pagesUrl } = await opened(servePages(), (one) => one.close())
    const browser = await opened(launchChromium(), (one) => one.close())
    const key = WebGroup.generateKey()
    const stage: Stage = { browser, pagesUrl, observer, signaling: server.url, key, everyMs: EVERY_MS, maxLinks }
    const plan = createPlan(seed, lengthMs)
    const chaos = new Chaos(plan, stage, server, print)
    cleanUps.unshift(() => chaos.killBots())
    return { plan, lengthMs, ...(await chaos.run()) }
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

class Chaos {
  readonly #plan: Plan
  readonly #observer: Observer
  readonly #server: SignalingProcess
  readonly #print: (line: string) => void
  readonly #pages: ReadonlyMap<string, PageActor>
  readonly #bots: ReadonlyMap<string, BotActor>
  readonly #busy = new Set<string>()
  readonly #inflicted: Fault[] = []
  readonly #troubles: Trouble[] = []
  readonly #crashes: string[] = []
  readonly #replacing: Promise<void>[] = []
  #skipped = 0
  /** One after the other, so that each knows the ids of those that it is kept apart from. */
  #joining: Promise<void> = Promise.resolve()

  constructor(plan: Plan, stage: Stage, server: SignalingProcess, print: (line: string) => void) {
    this.#plan = plan
    this.#observer = stage.observer
    this.#server = server
    this.#print = print
    this.#pages = new Map(pages.map((name) => [name, new PageActor(name, stage)]))
    this.#bots = new Map(bots.map((name) => [name, new BotActor(name, stage)]))
    for (const bot of this.#bots.values()) bot.onCrash = (how) => this.#handleCrash(bot, how)
  }

  async run(): Promise<Omit<Outcome, 'plan' | 'lengthMs'>> {
    await Promise.all([...this.#pages.values()].map((page) => page.open()))
    // One that anybody can be linked with is first, or the second might find nobody to join.
    const kept = (page: PageActor): number =>
      this.#plan.apart.filter((pair) => pair.some((n) => n === page.name)).length
    for (const page of [...this.#pages.values()].sort((a, b) => kept(a) - kept(b))) await this.#join(page)
    await Promise.all([...this.#bots.values()].map((bot) => this.#openBot(bot)))
    await this.#observer.until(() => allAgree(this.#observer.histories), QUIET_MS)
    this.#print('all are here')
    await this.#inflictAll()
    await Promise.all(this.#replacing)
    const agreed = await this.#observer.until(() => allAgree(this.#observer.histories), QUIET_MS)
    await Promise.all(this.#all().map((actor) => actor.stopTalking()))
    const verdict = await this.#untilQuiet()
    const { histories } = this.#observer
    const done = {
      inflicted: this.#inflicted,
      skipped: this.#skipped,
      crashes: this.#crashes,
      troubles: this.#troubles,
    }
    return { ...done, agreed, verdict, histories }
  }

  async killBots(): Promise<void> {
    await Promise.all([...this.#bots.values()].map((bot) => bot.kill()))
  }

  async #inflictAll(): Promise<void> {
    const beganMs = Date.now()
    const running: Promise<void>[] = []
    const failures: unknown[] = []
    for (const fault of this.#plan.faults) {
      if (failures.length > 0) break
      await new Promise((resolve) => setTimeout(resolve, beganMs + fault.atMs - Date.now()))
      if (targetsOf(fault).some((name) => !this.#isThere(name))) this.#skipped += 1
      else running.push(this.#occupied(fault).catch((error: unknown) => void failures.push(error)))
    }
    await Promise.all(running)
    if (failures.length > 0) throw failures[0]
  }

  async #occupied(fault: Fault): Promise<void> {
    this.#print(describeFault(fault))
    this.#inflicted.push(fault)
    const names = targetsOf(fault)
    for (const name of names) this.#busy.add(name)
    this.#expectTrouble(fault)
    try {
      await this.#inflict(fault)
    } catch (error) {
      throw new Error(`could not ${describeFault(fault).trim()}`, { cause: error })
    } finally {
      for (const name of names) this.#busy.delete(name)
    }
  }

  /** What is not measured where it is done. */
  #expectTrouble(fault: Fault): void {
    const ids = 'other' in fault ? [this.#actor(fault.who).id, this.#actor(fault.other).id] : []
    // Whoever ends may have been on anybody's way.
    if (fault.kind === 'kill' || fault.kind === 'freeze' || fault.kind === 'isolate') this.#trouble(null)
    for (const id of ids) this.#trouble(id)
  }

  #trouble(id: string | null): void {
    this.#troubles.push({ id, fromMs: Date.now(), untilMs: Date.now() + NOTICE_MS })
  }

  async #inflict(fault: Fault): Promise<void> {
    if (fault.kind === 'server') {
      await this.#server.kill()
      await lasting(fault)
      return this.#server.restart()
    }
    if (fault.kind === 'kill') return this.#killAndReplace(this.#actor(fault.who), fault)
    if (fault.kind === 'freeze') return this.#inTrouble(this.#actor(fault.who), fault, (actor) => actor.freeze())
    const page = this.#page(fault.who)
    switch (fault.kind) {
      case 'close':
        await page.close()
        await lasting(fault)
        return this.#openPage(page)
      case 'reload':
        await page.reload()
        return this.#join(page)
      case 'isolate':
        return this.#inTrouble(page, fault, async () => {
          await page.hold('all')
          return () => page.hold([])
        })
      case 'cut':
        return page.cut(this.#actor(fault.other).id)
      case 'swallow':
        return page.swallow(this.#actor(fault.other).id)
      case 'stall':
        await page.hold([this.#actor(fault.other).id])
        await lasting(fault)
        return page.hold([])
      case 'refuse': {
        const allow = await page.refuse(this.#actor(fault.other).id)
        await lasting(fault)
        return allow()
      }
    }
  }

  #isThere(name: string): boolean {
    const actor = this.#bots.get(name) ?? this.#pages.get(name)
    return !this.#busy.has(name) && actor?.isUp !== false
  }

  /** What the process of a bot dies of by itself is not of the guarantee, and is told apart. */
  #handleCrash(bot: BotActor, how: string): void {
    this.#print(`${bot.name} ended by itself: ${how}`)
    this.#crashes.push(how)
    this.#trouble(null)
    this.#replacing.push(this.#openBot(bot))
    // Waited for, and its failure told, at the end.
    this.#replacing.at(-1)?.catch(() => undefined)
  }

  async #killAndReplace(actor: Actor, fault: { readonly forMs: number }): Promise<void> {
    await actor.kill()
    await lasting(fault)
    if (actor instanceof PageActor) await this.#openPage(actor)
    if (actor instanceof BotActor) await this.#openBot(actor)
  }

  async #inTrouble<A extends Actor>(
    actor: A,
    fault: { readonly forMs: number },
    begin: (actor: A) => Promise<() => Promise<void>>,
  ): Promise<void> {
    const [{ id }, fromMs] = [actor, Date.now()]
    const end = await begin(actor)
    await lasting(fault)
    await end()
    this.#troubles.push({ id, fromMs, untilMs: Date.now() })
  }

  async #openPage(page: PageActor): Promise<void> {
    await page.open()
    await this.#join(page)
  }

  #join(page: PageActor): Promise<void> {
    const joined = this.#joining.then(() => page.join(this.#apartFrom(page.name)))
    this.#joining = joined.catch(() => undefined)
    return joined
  }

  #apartFrom(name: string): string[] {
    const names = this.#plan.apart.flatMap(([a, b]) => (a === name ? [b] : b === name ? [a] : []))
    return names.flatMap((other) => {
      const page = this.#page(other)
      return page.isUp ? [page.id] : []
    })
  }

  async #openBot(bot: BotActor): Promise<void> {
    await bot.open()
    // Whoever asks may be made to end meanwhile; then another one does.
    for (let failures = 0; ; failures++) {
      const page = await this.#untilFree()
      try {
        bot.invited(await page.invite(bot.url))
        return
      } catch (error) {
        if (failures === pages.length) throw new Error(`nobody could invite ${bot.name}`, { cause: error })
      }
    }
  }

  /** A page that nothing is being done to. */
  async #untilFree(): Promise<PageActor> {
    const find = () => [...this.#pages.values()].find((page) => page.isUp && !this.#busy.has(page.name))
    await this.#observer.until(() => find() !== undefined, QUIET_MS)
    const page = find()
    if (page === undefined) throw new Error('no page came to be free')
    return page
  }

  /** Until everything owed is there and its sender's report of it too, or both have had time enough. */
  async #untilQuiet(): Promise<Verdict> {
    let verdict = judge(this.#observer.histories)
    const deadlineMs = Date.now() + QUIET_MS
    const isUnderWay = () => verdict.breaches.some(({ rule }) => rule === 'lost' || rule === 'invented')
    while (isUnderWay() && Date.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      verdict = judge(this.#observer.histories)
    }
    return verdict
  }

  #all(): Actor[] {
    return [...this.#pages.values(), ...this.#bots.values()]
  }

  #page(name: string): PageActor {
    const page = this.#pages.get(name)
    if (page === undefined) throw new Error(`there is no ${name}`)
    return page
  }

  #actor(name: Name): Actor {
    return this.#bots.get(name) ?? this.#page(name)
  }
}

const lasting = ({ forMs }: { readonly forMs: number }): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, forMs))
