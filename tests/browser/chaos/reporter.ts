import type { Entry } from './history.js'

/** What comes to the observer: some entries of one history, from this index on. */
export interface Report {
  readonly id: string
  readonly name: string
  readonly first: number
  readonly entries: readonly Entry[]
}

/** What is not sent yet is lost with a page that is killed. */
const GATHER_MS = 20

/** Sends the entries of one member to the observer, over a socket that no fault touches. */
export class Reporter {
  readonly #socket: Pick<WebSocket, 'send'>
  readonly #name: string
  readonly #idOf: () => string
  #id = ''
  #entries: Entry[] = []
  #sent = 0

  /** The socket is open. */
  constructor(socket: Pick<WebSocket, 'send'>, name: string, idOf: () => string) {
    this.#socket = socket
    this.#name = name
    this.#idOf = idOf
  }

  readonly report = (entry: Entry): void => {
    this.#id ||= this.#idOf()
    if (this.#entries.length === 0) setTimeout(() => this.#flush(), GATHER_MS)
    this.#entries.push(entry)
  }

  #flush(): void {
    const report: Report = { id: this.#id, name: this.#name, first: this.#sent, entries: this.#entries }
    this.#socket.send(JSON.stringify(report))
    this.#sent += this.#entries.length
    this.#entries = []
  }
}
