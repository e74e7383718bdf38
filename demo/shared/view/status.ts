import type { Status } from '../words.js'
import { element, setText } from './dom.js'

const status = element('status', HTMLParagraphElement)
const announcer = element('announcer', HTMLParagraphElement)
let wasTrouble = false

/** For screen readers alone: what the log does not say by itself. */
export const announce = (text: string): void => setText(announcer, text)

/** Arrivals are told by the log; so of the status only trouble, and its end, is said aloud. */
export const showStatus = (next: Status | null): void => {
  status.hidden = next === null
  if (next === null) return
  status.dataset['tone'] = next.tone
  setText(status, next.words)
  const isTrouble = next.tone === 'trouble'
  if (isTrouble || wasTrouble) announce(next.words)
  wasTrouble = isTrouble
}
