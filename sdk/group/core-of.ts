import type { GroupCore } from './group-core.js'

/** The core behind each facade, for parts of this library alone: what is public has no way to it. */
const cores = new WeakMap<object, GroupCore>()

export const registerCore = (group: object, core: GroupCore): void => {
  cores.set(group, core)
}

/** Throws for what is no `WebGroup` of this copy of the library. */
export const coreOf = (group: object): GroupCore => {
  const core = cores.get(group)
  if (core === undefined) throw new TypeError('expected a WebGroup')
  return core
}
