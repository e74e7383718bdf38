import type { Binding } from '../protocol/carrier.js'
import type { MediaPort, MediaPortHandlers } from './media.js'

/** What it says is for this side to act on first: one text is all that may come before that. */
const MAX_HELD = 1

type State =
  | { readonly name: 'untaken'; readonly texts: readonly string[] }
  | { readonly name: 'taken'; readonly handlers: MediaPortHandlers }
  | { readonly name: 'closed' }

/** The media of a link, which most links are never asked for: keeps what comes before somebody takes it up. */
export class HeldMedia implements MediaPort {
  readonly connection: RTCPeerConnection
  readonly initiator: boolean
  readonly binding: Binding
  readonly send: (text: string) => void
  readonly fail: (reason: string) => void
  readonly createStream: () => MediaStream
  readonly #soon: (fn: () => void) => void
  #state: State = { name: 'untaken', texts: [] }

  constructor(options: Omit<MediaPort, 'take' | 'isClosed'> & { readonly soon: (fn: () => void) => void }) {
    this.connection = options.connection
    this.initiator = options.initiator
    this.binding = options.binding
    this.send = options.send
    this.fail = options.fail
    this.createStream = options.createStream
    this.#soon = options.soon
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed'
  }

  take(handlers: MediaPortHandlers): void {
    const state = this.#state
    if (state.name === 'taken') throw new Error('the media of this link are taken')
    if (state.name === 'closed') return this.#soon(() => handlers.onClose())
    this.#state = { name: 'taken', handlers }
    for (const text of state.texts) {
      this.#soon(() => {
        if (this.#state.name === 'taken') handlers.onText(text)
      })
    }
  }

  handleText(text: string): void {
    const state = this.#state
    if (state.name === 'taken') return state.handlers.onText(text)
    if (state.name === 'closed') return
    if (state.texts.length === MAX_HELD) return this.fail('media: more before it was wanted')
    this.#state = { name: 'untaken', texts: [...state.texts, text] }
  }

  /** In a microtask, since whoever closes the link may be calling right now. */
  handleClose(): void {
    const state = this.#state
    this.#state = { name: 'closed' }
    if (state.name === 'taken') this.#soon(() => state.handlers.onClose())
  }
}
