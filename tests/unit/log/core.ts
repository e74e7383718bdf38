import type { Core } from '../../../sdk/log/core.js'
import type { Log, ValueEncoding } from '../../../sdk/log/index.js'
import { coreOfLog } from '../../../sdk/log/core-of.js'

/** What replication works with. */
export const coreOf = async <Encoding extends ValueEncoding>(log: Log<Encoding>): Promise<Core> => {
  await log.ready()
  return coreOfLog(log)
}
