/** What is done to whom and when: drawn from a seed, before anything happens. */
import { Random } from '../../support/random.js'

export const pages = ['page 1', 'page 2', 'page 3', 'page 4', 'page 5', 'page 6'] as const
export const bots = ['bot 1', 'bot 2'] as const

export type PageName = (typeof pages)[number]
export type BotName = (typeof bots)[number]
export type Name = PageName | BotName

export type Fault = { readonly atMs: number } &
  /** The page says goodbye, the killed do not, and both are back as others after `forMs`. */
  (
    | { readonly kind: 'close'; readonly who: PageName; readonly forMs: number }
    | { readonly kind: 'reload'; readonly who: PageName }
    | { readonly kind: 'kill'; readonly who: Name; readonly forMs: number }
    | { readonly kind: 'freeze'; readonly who: Name; readonly forMs: number }
    /** Nothing goes out of the page or comes in over its links; then all of it does. */
    | { readonly kind: 'isolate'; readonly who: PageName; readonly forMs: number }
    /** The link between two closes, and they make another. */
    | { readonly kind: 'cut'; readonly who: PageName; readonly other: Name }
    /** It swallows what both write, for good. */
    | { readonly kind: 'swallow'; readonly who: PageName; readonly other: Name }
    /** It holds back what both write, and gives it out later. */
    | { readonly kind: 'stall'; readonly who: PageName; readonly other: Name; readonly forMs: number }
    /** It closes, and WebRTC connects the two no more. */
    | { readonly kind: 'refuse'; readonly who: PageName; readonly other: Name; readonly forMs: number }
    /** The signaling server is killed, and starts again with nothing that it knew. */
    | { readonly kind: 'server'; readonly forMs: number }
  )

export type Kind = Fault['kind']

export interface Plan {
  readonly seed: number
  /** Pairs that WebRTC never connects. */
  readonly apart: readonly (readonly [PageName, PageName])[]
  readonly faults: readonly Fault[]
}

const weights: Readonly<Record<Kind, number>> = {
  close: 2,
  reload: 2,
  kill: 3,
  freeze: 3,
  isolate: 2,
  cut: 5,
  swallow: 5,
  stall: 3,
  refuse: 2,
  server: 2,
}

export const kinds = Object.keys(weights) as Kind[]

/** Whoever was in trouble is left alone for so long, to be in touch again and have something to lose. */
const RECOVERY_MS = 4_000
/** Until a page or bot that ended is a member again, on a busy machine. */
const RETURN_MS = 4_000

export const createPlan = (seed: number, lengthMs: number): Plan => {
  const random = new Random(`chaos ${seed}`)
  const [a, b, c, d] = shuffle(pages, random) as [PageName, PageName, PageName, PageName]
  const apart = [
    [a, b],
    [c, d],
    [a, c],
  ] as const
  const freeAtMs = new Map<string, number>()
  const faults: Fault[] = []
  // Each kind comes first, and once more: in a run that is short, chance would leave some out.
  const due = shuffle([...kinds, ...kinds], random)
  for (let atMs = 1_000; atMs < lengthMs; atMs += random.integer(500, 1_800)) {
    const isFree = (name: string): boolean => (freeAtMs.get(name) ?? 0) <= atMs
    const one = (kind: Kind): Fault | null => draw(random, kind, atMs, isFree, apart)
    const fault = firstOf(due, one) ?? one(pickKind(random))
    if (fault === null) continue
    const place = due.indexOf(fault.kind)
    if (place >= 0) due.splice(place, 1)
    faults.push(fault)
    const untilMs = atMs + ('forMs' in fault ? fault.forMs : 0) + RECOVERY_MS
    const returnMs = ['close', 'kill', 'reload'].includes(fault.kind) ? RETURN_MS : 0
    for (const name of targetsOf(fault)) freeAtMs.set(name, untilMs + returnMs)
  }
  return { seed, apart, faults }
}

/** Those who must not be in other trouble at the same time. */
export const targetsOf = (fault: Fault): string[] => {
  if (fault.kind === 'server') return ['server']
  return 'other' in fault ? [fault.who, fault.other] : [fault.who]
}

const firstOf = (due: readonly Kind[], one: (kind: Kind) => Fault | null): Fault | null => {
  for (const kind of due) {
    const fault = one(kind)
    if (fault !== null) return fault
  }
  return null
}

const pickKind = (random: Random): Kind =>
  random.pick(kinds.flatMap((kind) => Array.from({ length: weights[kind] }, () => kind)))

/** `null` when all that it could be done to are in trouble. */
const draw = (
  random: Random,
  kind: Kind,
  atMs: number,
  isFree: (name: string) => boolean,
  apart: Plan['apart'],
): Fault | null => {
  const freePages = pages.filter(isFree)
  const freeBots = bots.filter(isFree)
  if (kind === 'server') return isFree('server') ? { atMs, kind, forMs: random.integer(300, 4_000) } : null
  if (freePages.length === 0) return null
  const who = random.pick(freePages)
  const linked = freePages.filter((page) => page !== who && !apart.some((pair) => isPair(pair, who, page)))
  const anyone = random.pick<Name>([...freePages, ...freeBots])
  switch (kind) {
    case 'close':
      return { atMs, kind, who, forMs: random.integer(200, 4_000) }
    case 'kill':
      return { atMs, kind, who: anyone, forMs: random.integer(200, 4_000) }
    case 'reload':
      return { atMs, kind, who }
    case 'freeze':
      return { atMs, kind, who: anyone, forMs: troubleMs(random) }
    case 'isolate':
      return { atMs, kind, who, forMs: troubleMs(random) }
    case 'cut':
    case 'swallow':
    case 'stall':
    case 'refuse': {
      const others: Name[] = [...linked, ...freeBots]
      if (others.length === 0) return null
      const other = random.pick(others)
      if (kind === 'cut' || kind === 'swallow') return { atMs, kind, who, other }
      return { atMs, kind, who, other, forMs: troubleMs(random) }
    }
  }
}

const isPair = ([a, b]: readonly [PageName, PageName], one: PageName, other: PageName): boolean =>
  (a === one && b === other) || (a === other && b === one)

/** Mostly so short that everyone stays a member, sometimes past the linger of 10 s. */
const troubleMs = (random: Random): number =>
  random.chance(0.2) ? random.integer(11_000, 15_000) : random.integer(300, 7_000)

const shuffle = <T>(items: readonly T[], random: Random): T[] => {
  const rest = [...items]
  return items.map(() => rest.splice(random.integer(0, rest.length - 1), 1)[0] as T)
}

export const describeFault = (fault: Fault): string => {
  const { kind, atMs } = fault
  const who = fault.kind === 'server' ? '' : ` ${fault.who}`
  const other = 'other' in fault ? ` and ${fault.other}` : ''
  const length = 'forMs' in fault ? ` for ${(fault.forMs / 1_000).toFixed(1)} s` : ''
  return `${(atMs / 1_000).toFixed(1).padStart(6)} s  ${kind}${who}${other}${length}`
}
