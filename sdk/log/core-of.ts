import type { Core } from './core.js'

const cores = new WeakMap<object, () => Core | null>()

/** Once, of a handle that is being made. */
export const rememberCore = (log: object, core: () => Core | null): void => {
  cores.set(log, core)
}

/** For replication: the core of an open log. Throws a `TypeError` for what is no `Log` of this copy of the library, or was never open. */
export const coreOfLog = (log: object): Core => {
  const core = cores.get(log)?.() ?? null
  if (core === null) throw new TypeError('expected an open Log')
  return core
}
