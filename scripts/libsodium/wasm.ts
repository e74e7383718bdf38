import binaryen from 'binaryen'

/**
 * The same WebAssembly without these exports, and without what only they reach. Functions that stay are left as their
 * authors compiled them: to optimise them would save 0.4 KiB more (gzip), and rewrite code that must take the same
 * time whatever the secret.
 */
export const withoutExports = (wasm: Uint8Array, dropped: readonly string[]): Uint8Array => {
  const module = binaryen.readBinary(wasm)
  try {
    for (const name of dropped) module.removeExport(name)
    module.runPasses(['remove-unused-module-elements'])
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}
