import type { Figure, Reading } from './figures/figure.js'
import type { Result, RowResult } from './results.js'
import type { Side, SideName } from './sides/side.js'
import type { World } from './world.js'

export interface RunOptions {
  readonly figures: readonly Figure[]
  readonly sides: readonly Side[]
  readonly rounds: number
  /** Told of each side's part in each round, when it is over. */
  readonly onProgress: (line: string) => void
}

type Readings = Readonly<Record<string, Reading>>

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)

const show = (readings: Readings): string =>
  Object.entries(readings)
    .map(
      ([id, reading]) =>
        `${id} ${[reading]
          .flat()
          .map((one) => (typeof one === 'number' ? one.toPrecision(4) : one))
          .join(' | ')}`,
    )
    .join(', ')

/** Whether a figure is about a side at all. */
export const isPartOf = ({ name, keeps }: Side, { sides }: Figure): boolean => sides?.includes(name) ?? keeps !== true

/** So that none is always first, on a machine that another one has warmed up, or always last. */
const rotated = (sides: readonly Side[], round: number): Side[] =>
  sides.map((_, index) => sides[(index + round) % sides.length] as Side)

const runFigure = async (figure: Figure, world: World, options: RunOptions): Promise<RowResult[]> => {
  const sides = options.sides.filter((side) => isPartOf(side, figure))
  const taken = new Map<SideName, Readings[]>()
  const failures = new Map<SideName, string>()

  const runSide = async (side: Side, round: string): Promise<void> => {
    if (figure.id in (side.cannot ?? {}) || failures.has(side.name)) return
    try {
      const readings = await figure.run(side, world)
      taken.set(side.name, [...(taken.get(side.name) ?? []), readings])
      options.onProgress(`${figure.id} ${round} ${side.name}: ${show(readings)}`)
    } catch (error) {
      failures.set(side.name, `failed: ${messageOf(error)}`)
      options.onProgress(
        `${figure.id} ${round} ${side.name}: failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
      )
    }
  }

  const rounds = Math.min(options.rounds, figure.maxRounds ?? Infinity)
  for (let round = 0; round < rounds; round++) {
    const label = `${round + 1}/${rounds}`
    if (figure.together) await Promise.all(sides.map((side) => runSide(side, label)))
    else for (const side of rotated(sides, round)) await runSide(side, label)
  }

  return figure.rows.map((row) => ({
    row,
    readings: Object.fromEntries(
      sides.map((side) => [
        side.name,
        failures.get(side.name) ??
          side.cannot?.[figure.id] ??
          (taken.get(side.name) ?? []).map((readings) => readings[row.id] ?? 'not measured'),
      ]),
    ),
  }))
}

/** Takes every figure of every side. A side that fails is out of that figure, and the others go on. */
export const runBench = async (world: World, options: RunOptions): Promise<Result[]> => {
  const results: Result[] = []
  for (const figure of options.figures)
    results.push({ figure: figure.id, rows: await runFigure(figure, world, options) })
  return results
}
