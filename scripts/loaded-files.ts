import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseSync } from 'vite'

const staticImports = (file: string, code: string): string[] => {
  const { staticImports: imports, staticExports } = parseSync(file, code).module
  const reexports = staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? []))
  return [...imports.map((entry) => entry.moduleRequest.value), ...reexports]
}

/** A built module and all that it imports statically: what a page loads with it. */
export const loadedFiles = async (file: string, found = new Set<string>()): Promise<Set<string>> => {
  if (found.has(file)) return found
  found.add(file)
  for (const specifier of staticImports(file, await readFile(file, 'utf8')))
    await loadedFiles(join(dirname(file), specifier), found)
  return found
}
