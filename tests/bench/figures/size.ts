import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { loadedFiles } from '../../../scripts/loaded-files.js'
import { bundlePackages } from '../bundle.js'
import type { Weight } from '../sides/side.js'
import type { Figure } from './figure.js'

const gzipKib = (code: string | Buffer): number => gzipSync(code, { level: 9 }).length / 1024

const weighFiles = async (files: Iterable<string>): Promise<number> => {
  let sum = 0
  for (const file of files) sum += gzipKib(await readFile(file))
  return sum
}

const weigh = async (weight: Weight): Promise<Record<string, number>> => {
  if (weight.kind === 'built') {
    return {
      'size-first': await weighFiles(await loadedFiles(weight.entry)),
      'size-all': await weighFiles([weight.all]),
    }
  }
  const kib = weight.kind === 'nothing' ? 0 : gzipKib(await bundlePackages(weight.names))
  return { 'size-first': kib, 'size-all': kib }
}

/** Minified, gzip at its highest level. */
export const size: Figure = {
  id: 'size',
  maxRounds: 1,
  rows: [
    {
      id: 'size-first',
      title: 'gzip, loaded before the first join',
      unit: 'KiB',
      better: 'less',
      goal: { of: 'value', limit: 25 },
    },
    { id: 'size-all', title: 'gzip, all of it', unit: 'KiB', better: 'less', goal: { of: 'value', limit: 210 } },
  ],
  run: (side) => weigh(side.weight),
}
