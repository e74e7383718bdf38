/** The pages and bots under fault, and what can be done to each. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright'
import type { Observer } from './observer.js'
import type { StartOptions } from './page.js'

export interface Stage {
  readonly browser: Browser
  readonly pagesUrl: string
  readonly observer: Observer
  readonly signaling: string
  readonly key: string
  /** Each member sends a message so often. */
  readonly everyMs: number
  readonly maxLinks: number
}

export abstract class Actor {
  readonly name: string
  protected readonly stage: Stage
  #id: string | null = null

  constructor(name: string, stage: Stage) {
    this.name = name
    this.stage = stage
  }

  /** Of the member that it is now. */
  get id(): string {
    if (this.#id === null) throw new Error(`${this.name} is no member now`)
    return this.#id
  }

  get isUp(): boolean {
    return this.#id !== null
  }

  protected joined(id: string): void {
    this.#id = id
  }

  /** Before anything is done that ends it. */
  protected ending(): void {
    if (this.#id !== null) this.stage.observer.end(this.#id)
    this.#id = null
  }

  abstract kill(): Promise<void>
  /** Nothing of it runs until what comes of this is called. */
  abstract freeze(): Promise<() => Promise<void>>
  abstract stopTalking(): Promise<void>
}

export class PageActor extends Actor {
  #context: BrowserContext | null = null
  #page: Page | null = null

  /** Loaded, and not a member yet. */
  async open(): Promise<void> {
    this.#context = await this.stage.browser.newContext()
    this.#page = await this.#context.newPage()
    await this.#page.goto(`${this.stage.pagesUrl}/chaos/index.html`)
  }

  async join(apart: readonly string[]): Promise<void> {
    const { observer, signaling, key, everyMs, maxLinks } = this.stage
    const options: StartOptions = { name: this.name, observer: observer.url, signaling, key, everyMs, maxLinks, apart }
    await this.page.waitForFunction(() => 'chaos' in window)
    this.joined(await this.page.evaluate((given) => window.chaos.start(given), options))
  }

  invite(url: string): Promise<string> {
    return this.page.evaluate((to) => window.chaos.invite(to), url)
  }

  /** With a goodbye. */
  async close(): Promise<void> {
    this.ending()
    await this.page.close()
    await this.#context?.close()
  }

  async reload(): Promise<void> {
    this.ending()
    await this.page.reload()
  }

  async kill(): Promise<void> {
    this.ending()
    const crashed = new Promise((done) => this.page.once('crash', done))
    const cdp = await this.#openCdp()
    // Nobody is left to answer it.
    void cdp.send('Page.crash').catch(() => undefined)
    await crashed
    await this.#context?.close()
  }

  /** As a breakpoint does: no task of the page runs, while its connections stand. */
  async freeze(): Promise<() => Promise<void>> {
    const cdp = await this.#openCdp()
    await cdp.send('Debugger.enable')
    const paused = new Promise((done) => cdp.once('Debugger.paused', done))
    await cdp.send('Debugger.pause')
    await paused
    return async () => {
      await cdp.send('Debugger.resume')
      await cdp.detach()
    }
  }

  async stopTalking(): Promise<void> {
    await this.page.evaluate(() => window.chaos.stop())
  }

  async cut(id: string): Promise<void> {
    await this.page.evaluate((other) => window.chaos.cut(other), id)
  }

  async swallow(id: string): Promise<void> {
    await this.page.evaluate((other) => window.chaos.swallow(other), id)
  }

  async hold(ids: readonly string[] | 'all'): Promise<void> {
    await this.page.evaluate((others) => window.chaos.hold(others), ids)
  }

  async refuse(id: string): Promise<() => Promise<void>> {
    await this.page.evaluate((other) => window.chaos.refuse(other), id)
    return () => this.page.evaluate((other) => window.chaos.allow(other), id)
  }

  get page(): Page {
    if (this.#page === null) throw new Error(`${this.name} is not open`)
    return this.#page
  }

  #openCdp(): Promise<CDPSession> {
    return this.page.context().newCDPSession(this.page)
  }
}

export class BotActor extends Actor {
  #child: ChildProcess | null = null
  url = ''
  /** Told how the process ended when nobody ended it. */
  onCrash: ((how: string) => void) | null = null

  async open(): Promise<void> {
    const { observer, signaling, everyMs, maxLinks } = this.stage
    const file = resolve(import.meta.dirname, 'bot.ts')
    const args = ['--import', 'tsx', file, this.name, observer.url, signaling, String(everyMs), String(maxLinks)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return
      this.ending()
      this.onCrash?.(String(signal ?? code))
    })
    for await (const line of createInterface({ input: child.stdout })) {
      this.url = /^at (\S+)$/.exec(line)?.[1] ?? ''
      return
    }
    throw new Error(`${this.name} ended before it was there`)
  }

  invited(id: string): void {
    this.joined(id)
  }

  async kill(): Promise<void> {
    this.ending()
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  freeze(): Promise<() => Promise<void>> {
    const child = this.#child
    child?.kill('SIGSTOP')
    const resume = (): Promise<void> => {
      child?.kill('SIGCONT')
      return Promise.resolve()
    }
    return Promise.resolve(resume)
  }

  stopTalking(): Promise<void> {
    this.#child?.kill('SIGUSR2')
    return Promise.resolve()
  }
}
