import type { Core } from '../../../sdk/log/core.js'
import type { Log, ValueEncoding } from '../../../sdk/log/index.js'
import { coreOfLog } from '../../../sdk/log/core-of.js'

/** What replication will work with. */
export const coreOf = async <Encoding extends ValueEncoding>(log: Log<Encoding>): Promise<Core> => {
  await log.ready()
  return coreOfLog(log)
}
