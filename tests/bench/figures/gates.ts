import { KIB, MIB } from '../page/channel.js'
import type { Side } from '../sides/side.js'

/** The bare channel is run with a short and with a long buffer, and the better one counts. */
export const gatesOf = (side: Side): readonly (number | undefined)[] =>
  side.name === 'bare' ? [64 * KIB, MIB] : [undefined]
