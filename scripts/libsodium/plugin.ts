import type { Plugin } from 'vite'
import { CALLED } from './called.js'
import { embeddedWasm, withEmbedded, withoutUnneeded } from './glue.js'
import { bytesExpression } from './text.js'
import { withoutExports } from './wasm.js'
import { withoutUncalled } from './wrappers.js'

/**
 * Makes libsodium less than half as large in bundles for browsers: wrappers that nobody calls go, then what only they
 * need of the glue and of the WebAssembly, and what is left of that is written as text that compresses well. All that is
 * known of the package is read off its own text, and a release in which that reads differently fails the build.
 */
export const compactLibsodium = (): Plugin => {
  let needed: ReadonlySet<string> | undefined
  // Each bundle asks for the same.
  const made = new Map<string, string>()

  const compactWrappers = (code: string): string => {
    const less = withoutUncalled(code, CALLED)
    needed = less.needed
    return less.code
  }

  const compactGlue = (code: string): string => {
    // The wrappers import the glue, so they were here first.
    if (needed === undefined) throw new Error('its wrappers are not what imports it')
    const less = withoutUnneeded(code, needed)
    const wasm = withoutExports(embeddedWasm(code), less.dropped)
    return withEmbedded(less.code, bytesExpression(wasm))
  }

  return {
    name: 'skein:compact-libsodium',
    applyToEnvironment: (environment) => environment.config.consumer === 'client',
    transform(code, id) {
      const isGlue = id.endsWith('/libsodium.mjs')
      if (!isGlue && !id.endsWith('/libsodium-wrappers.mjs')) return null
      try {
        const compact = made.get(id) ?? (isGlue ? compactGlue : compactWrappers)(code)
        made.set(id, compact)
        return { code: compact, map: null }
      } catch (error) {
        this.error({ message: `libsodium could not be made smaller: ${(error as Error).message}`, cause: error })
      }
    },
  }
}
