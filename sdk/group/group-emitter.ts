import type { SignalingState } from '../mesh/events.js'
import { Emitter } from '../util/emitter.js'
import { checkBoolean, checkFields, checkSignal } from './checks.js'
import { groupEventNames, type GroupEventName, type GroupEvents, type ListenOptions } from './events.js'
import type { Application, CoreEvents } from './group-core.js'
import type { Journal } from './journal.js'
import type { WebGroupState } from './lifecycle.js'
import { describeType, type MessageData } from './messages.js'

/** How a group tells: listeners, and one property for each of the most used events. */
export class GroupEmitter {
  /** Called on `member:join`, before its listeners. */
  onMemberJoin: ((id: string) => unknown) | null = null
  /** Called on `member:leave`, before its listeners. */
  onMemberLeave: ((id: string) => unknown) | null = null
  /** Called on `message`, before its listeners. */
  onMessage: ((id: string, data: MessageData) => unknown) | null = null
  /** Called on `state:change`, before its listeners. */
  onStateChange: ((state: WebGroupState) => unknown) | null = null
  /** Called on `signaling:change`, before its listeners. */
  onSignalingStateChange: ((state: SignalingState) => unknown) | null = null
  /** Called while joining, once per join, as soon as `myId` is known. */
  onMyId: ((id: string) => unknown) | null = null

  /** What the group behind the facade tells goes out here. */
  protected readonly application: Application
  readonly #emitter: Emitter<CoreEvents>
  /** Apart from the others, since what fails in here must not come around again. */
  readonly #errors = new Emitter<Pick<GroupEvents, 'error'>>(logError)

  protected constructor(journal: Journal) {
    const report = (error: unknown): void => {
      journal.error(error)
      if (!this.#errors.emit('error', { error })) logError(error)
    }
    this.#emitter = new Emitter<CoreEvents>(report)
    this.application = {
      emit: (name, payload) => {
        journal.event(name, payload)
        this.#emitter.emit(name, payload)
      },
      report,
      listens: (name) => this.#emitter.has(name),
    }
    // Listeners like any other, but the first, so that the properties may be assigned and cleared at any time.
    this.#emitter.on('member:join', ({ id }) => this.onMemberJoin?.(id))
    this.#emitter.on('member:leave', ({ id }) => this.onMemberLeave?.(id))
    this.#emitter.on('message', ({ from, data }) => this.onMessage?.(from, data))
    this.#emitter.on('state:change', ({ next }) => this.onStateChange?.(next))
    this.#emitter.on('signaling:change', ({ next }) => this.onSignalingStateChange?.(next))
    this.#emitter.on('identified', ({ id }) => this.onMyId?.(id))
  }

  /**
   * Calls `listener` on every event of this name, until the function returned is called, `signal` aborts, or with
   * `once` after the first. A listener that throws, or whose promise rejects, is reported to `error`, and the others
   * still run.
   */
  on<K extends GroupEventName>(
    name: K,
    listener: (event: GroupEvents[K]) => unknown,
    options: ListenOptions = {},
  ): () => void {
    const action = 'listener could not be added'
    if (!groupEventNames.includes(name)) throw new TypeError(`${action}: there is no event "${name as string}"`)
    if (typeof listener !== 'function') {
      throw new TypeError(`${action}: it must be a function, not ${describeType(listener)}`)
    }
    const fields = checkFields(action, 'options', options, ['signal', 'once'])
    const signal = checkSignal(action, fields.signal)
    const once = fields.once === undefined ? false : checkBoolean(action, 'once', fields.once)
    const emitter = (name === 'error' ? this.#errors : this.#emitter) as unknown as Emitter<GroupEvents>
    return emitter.on(name, listener, { signal, once })
  }
}

const logError = (error: unknown): void => {
  console.error('skein:', error)
}
