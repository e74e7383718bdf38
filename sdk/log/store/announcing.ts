import { verifyStoreList } from '../../crypto/store.js'
import type { Opened } from '../session.js'

/** In which frames of a store's default log it is said which log its list is (J28). */
const EXTENSION = 'skein:store'

export interface AnnouncingParts {
  /** The store's default log. */
  readonly opened: Opened
  /** `null` as long as nobody has said it. */
  readonly statement: Uint8Array | null
  /** Called once, where it was not known, with what somebody has proved. */
  readonly learnt: (statement: Uint8Array, listKey: Uint8Array) => void
}

/** Tells the peers of a store which log its list is, or learns it from them and passes it on; the result ends that. */
export const announceList = ({ opened, statement, learnt }: AnnouncingParts): (() => void) => {
  const { swarm } = opened.hold
  const { sodium, logKey } = opened.core.parts
  let known = statement
  const tell = (to: string | null): void => {
    // Who has gone need not hear it.
    if (known !== null) swarm.say(to, EXTENSION, known).catch(() => undefined)
  }
  const hear = (name: string, payload: Uint8Array): void => {
    if (name !== EXTENSION || known !== null) return
    const listKey = verifyStoreList(sodium, logKey, payload)
    if (listKey === null) return
    known = payload
    learnt(payload, listKey)
    tell(null)
  }
  const undo = [
    swarm.events.on('opened', ({ peerId }) => tell(peerId)),
    swarm.events.on('extension', ({ name, payload }) => hear(name, payload)),
  ]
  tell(null)
  return () => {
    for (const each of undo) each()
  }
}
