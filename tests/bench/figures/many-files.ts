import type { Figure } from './figure.js'

/** Eight files of 16 MiB both ways at once, against one of as many bytes both ways. */
export const manyFiles: Figure = {
  id: 'many-files',
  maxRounds: 3,
  rows: [
    {
      id: 'many-files',
      title: 'time of 8 files of 16 MiB both ways, to that of one',
      unit: 'x',
      better: 'less',
      goal: { of: 'value', limit: 1.15 },
    },
  ],
  run: (side, world) =>
    world.withPair(side, {}, async (pages) => {
      const time = async (count: number, pieces: number): Promise<number> => {
        const beganMs = performance.now()
        await Promise.all(
          pages.map((page) =>
            page.evaluate((participant, [files, size]) => participant.files(files, size), [count, pieces] as const),
          ),
        )
        return performance.now() - beganMs
      }
      await time(1, 16)
      const one = await time(1, 128)
      return { 'many-files': (await time(8, 16)) / one }
    }),
}
