import { join } from 'node:path'
import { build, type Rolldown } from 'vite'

/** What a page runs of the sources themselves: a file of `page/` with all that it imports, as a classic script, which has run when its tag is there. */
export const bundlePage = async (name: string): Promise<string> => {
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: {
        input: join(import.meta.dirname, 'page', name),
        output: { format: 'iife', codeSplitting: false },
      },
    },
  })) as Rolldown.RolldownOutput
  return output[0].code
}
