/** The wrappers: functions with checked arguments, made of what the WebAssembly exports. */
import { minifySync } from 'vite'

/** How the wrappers name all their functions, and then list them in the same order. */
const FUNCTIONS = /for\(var e=\[("[^\]]+")\],a=\[([^\]]+)\],/
/** And how they name all constants. */
const CONSTANTS = /var n=\[("[^\]]+")\];for\(/
/** What is called of the WebAssembly, by the name that C gives it and an underscore. */
const CALL = /\.(_[a-z]\w*)\(/g

export interface LessWrappers {
  readonly code: string
  /** What is left asks the WebAssembly for these functions. */
  readonly needed: ReadonlySet<string>
}

/** Lists no function and no constant that nobody asks for, so that the minifier drops what is behind them. */
export const withoutUncalled = (code: string, called: ReadonlySet<string>): LessWrappers => {
  const [functions, names = '', values = ''] = FUNCTIONS.exec(code) ?? []
  const [constants, constantNames = ''] = CONSTANTS.exec(code) ?? []
  if (functions === undefined || constants === undefined) throw new Error('its wrappers list functions in another way')
  const listed = names.split(',').map((name) => JSON.parse(name) as string)
  const valueOf = values.split(',')
  const kept = listed.flatMap((name, index) => (called.has(name) ? [index] : []))
  if (listed.length !== valueOf.length || kept.length !== called.size) throw new Error('its wrappers lack functions')
  const asked = constantNames
    .split(',')
    .map((name) => JSON.parse(name) as string)
    .filter((name) => code.includes(`t.${name}`))
  const namesKept = JSON.stringify(kept.map((index) => listed[index]))
  const valuesKept = kept.map((index) => valueOf[index]).join()
  const less = code
    .replace(functions, () => `for(var e=${namesKept},a=[${valuesKept}],`)
    .replace(constants, () => `var n=${JSON.stringify(asked)};for(`)
  const calls = Array.from(
    minifySync('wrappers.mjs', less, { module: true }).code.matchAll(CALL),
    ([, name = '']) => name,
  )
  // Functions and constants are also looked up by their listed names.
  const lookedUp = [...called, ...asked.map((name) => name.toLowerCase())].map((name) => `_${name}`)
  return { code: less, needed: new Set([...calls, ...lookedUp]) }
}
