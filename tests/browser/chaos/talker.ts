import type { WebGroup } from 'skein'
import type { Addressee, Entry } from './history.js'
import { readLetter, writeLetter } from './letter.js'

/** A member whose window is full does not heap up more. */
const MAX_PENDING = 50

/** A member that writes to all and to one other by turns, and reports everything. Runs in pages and in Node. */
export class Talker {
  readonly #group: WebGroup
  readonly #report: (entry: Entry) => void
  #timer: ReturnType<typeof setInterval> | undefined
  #number = 0
  #pending = 0

  constructor(group: WebGroup, report: (entry: Entry) => void) {
    this.#group = group
    this.#report = report
    const atMs = Date.now
    group.on('member:join', ({ id }) => report({ atMs: atMs(), type: 'join', id }))
    group.on('member:leave', ({ id, reason }) => report({ atMs: atMs(), type: 'leave', id, reason }))
    group.on('link:change', ({ id, path, via }) =>
      report({ atMs: atMs(), type: 'path', id, path: [path, ...via].join(' ') }),
    )
    group.on('delivery:fail', ({ id, code, count }) => report({ atMs: atMs(), type: 'failed', id, code, count }))
    group.on('message', ({ from, to, data }) => report({ atMs: atMs(), type: 'got', from, to, ...readLetter(data) }))
    // A rejected send is reported where it was made.
    group.on('error', () => undefined)
  }

  start(everyMs: number): void {
    this.#timer = setInterval(() => this.#tick(), everyMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const { peers, state } = this.#group
    if (state !== 'joined' || this.#pending >= MAX_PENDING) return
    const { id } = peers[(this.#number >> 1) % peers.length] ?? {}
    this.#send(this.#number % 2 === 0 || id === undefined ? 'all' : id)
  }

  #send(to: Addressee): void {
    const number = this.#number++
    this.#report({ atMs: Date.now(), type: 'sent', number, to })
    const text = writeLetter(this.#group.myId, number, to)
    this.#pending += 1
    void (to === 'all' ? this.#group.send(text) : this.#group.sendTo(to, text))
      .catch((error: unknown) => {
        const { code = String(error) } = error as { code?: string }
        this.#report({ atMs: Date.now(), type: 'rejected', number, code })
      })
      .finally(() => (this.#pending -= 1))
  }
}
