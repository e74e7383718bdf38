/** Compares what a page loads with size-budget.json. Sizes are gzip at its highest level, in KiB. */
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { loadedFiles } from './loaded-files.js'

interface Budget {
  readonly file: string
  /** Whether what the file imports statically is loaded with it, and so counts. */
  readonly withStaticImports?: boolean
  readonly maxGzipKiB: number
}

const budgets = JSON.parse(await readFile('size-budget.json', 'utf8')) as Record<string, Budget>
for (const [name, budget] of Object.entries(budgets)) {
  const files = budget.withStaticImports === true ? await loadedFiles(budget.file) : [budget.file]
  let bytes = 0
  for (const file of files) bytes += gzipSync(await readFile(file), { level: 9 }).length
  const kib = bytes / 1024
  const fits = kib <= budget.maxGzipKiB
  console.log(`${name}: ${kib.toFixed(1)} KiB gzip of ${String(budget.maxGzipKiB)}${fits ? '' : ': too large'}`)
  if (!fits) process.exitCode = 1
}
