import { checkLabel, checkOptions, checkSignal, checkText } from './options.js'

export const duplexAction = 'duplex could not be opened'

export interface OpenDuplexOptions {
  /** What the other side is told that it is for; at most 64 bytes in UTF-8. Empty by default. */
  readonly label?: string
  /** Ends the wait and, once it is open, the duplex: both ways error with its reason. */
  readonly signal?: AbortSignal
}

/** What `openDuplex` was called with: the label. Throws a `TypeError` or `RangeError` for bad arguments. */
export const readDuplexCall = (to: string, options: OpenDuplexOptions): string => {
  checkText(duplexAction, 'the member id', to)
  checkOptions(duplexAction, options, ['label', 'signal'])
  const label = checkLabel(duplexAction, options.label ?? '')
  checkSignal(duplexAction, options.signal)
  return label
}
