import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Entry, History } from './history.js'
import type { Report } from './reporter.js'

interface Kept extends History {
  readonly entries: Entry[]
  endedAtMs: number | null
}

/** Writes down what all members report, in a process that no fault touches. */
export class Observer {
  readonly #server: WebSocketServer
  readonly #histories = new Map<string, Kept>()
  readonly #watchers = new Set<() => void>()

  private constructor(server: WebSocketServer) {
    this.#server = server
    server.on('connection', (socket) => {
      // A page that is killed takes its socket along.
      socket.on('error', () => undefined)
      socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as Report))
    })
  }

  static async open(): Promise<Observer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    return new Observer(server)
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get histories(): readonly History[] {
    return [...this.#histories.values()]
  }

  /** To be called before a member is made to end: all that it does not report from then on is forgiven. */
  end(id: string): void {
    const kept = this.#histories.get(id)
    if (kept) kept.endedAtMs = Date.now()
  }

  /** Resolves with whether it came to be so, asked after every report, within `ms`. */
  until(isSo: () => boolean, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (so: boolean): void => {
        clearTimeout(timer)
        this.#watchers.delete(check)
        resolve(so)
      }
      const check = (): void => {
        if (isSo()) end(true)
      }
      const timer = setTimeout(() => end(isSo()), ms)
      this.#watchers.add(check)
      check()
    })
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate()
    await new Promise((done) => this.#server.close(done))
  }

  #take({ id, name, first, entries }: Report): void {
    const kept: Kept = this.#histories.get(id) ?? { id, name, entries: [], endedAtMs: null }
    if (first !== kept.entries.length) throw new Error(`${name} reported ${first} after ${kept.entries.length}`)
    this.#histories.set(id, kept)
    for (const entry of entries) kept.entries.push(entry)
    for (const watcher of [...this.#watchers]) watcher()
  }
}
