import { rules, type Breach, type Rule } from './judge.js'
import { partingsIn, withoutCause } from './partings.js'
import { describeFault, kinds } from './plan.js'
import type { Outcome } from './run.js'

const count = (items: readonly unknown[]): string => items.length.toLocaleString('en')

export const breachesOf = ({ verdict }: Pick<Outcome, 'verdict'>): Readonly<Record<Rule, number>> =>
  Object.fromEntries(
    rules.map((rule) => [rule, verdict.breaches.filter((breach) => breach.rule === rule).length]),
  ) as Record<Rule, number>

/** What a run did and what came of it, in a few lines. */
export const summarize = (outcome: Outcome): string => {
  const { plan, lengthMs, inflicted, skipped, crashes, verdict, agreed, histories, troubles } = outcome
  const partings = partingsIn(histories)
  const baseless = withoutCause(histories, troubles)
  const relayed = histories.flatMap(({ entries }) =>
    entries.filter((entry) => entry.type === 'path' && entry.path.startsWith('relayed')),
  )
  const byKind = kinds.map((kind) => `${kind} ${inflicted.filter((fault) => fault.kind === kind).length}`)
  const byReason = ['goodbye', 'timeout', 'replaced', 'removed'].map(
    (reason) => `${reason} ${count(partings.filter((parting) => parting.reason === reason))}`,
  )
  return [
    `chaos of ${(lengthMs / 60_000).toFixed(1)} minutes, seed ${plan.seed}: ${histories.length} members`,
    `faults: ${inflicted.length} (${byKind.join(', ')}), ${skipped} skipped`,
    `pairs that never connect: ${plan.apart.map((pair) => pair.join(' and ')).join(', ')}`,
    `bots that ended by themselves: ${[crashes.length, ...crashes].join(' ')}`,
    `paths that became relayed: ${count(relayed)}`,
    `departures: ${byReason.join(', ')}; of members in no trouble ${baseless.length}`,
    `messages: ${verdict.sent.toLocaleString('en')} sent, ${verdict.delivered.toLocaleString('en')} delivered, ${verdict.kept.toLocaleString('en')} of them as owed`,
    Object.entries(breachesOf(outcome))
      .map(([rule, found]) => `${rule} ${found}`)
      .join(', '),
    agreed ? 'in the end everyone had everyone' : 'IN THE END NOT EVERYONE HAD EVERYONE',
  ].join('\n')
}

/** What is wrong with a run; nothing when all is well. */
export const complaintsOf = (outcome: Outcome): string[] => {
  const { verdict, agreed, histories, troubles } = outcome
  const nameOf = (id: string): string => `${histories.find((one) => one.id === id)?.name ?? 'nobody'} (${id})`
  const at = (atMs: number): string => new Date(atMs).toISOString().slice(11, 23)
  const complain = ({ rule, from, to, number, atMs }: Breach): string =>
    `${at(atMs)} ${rule}: message ${number} of ${nameOf(from)} to ${nameOf(to)}`
  return [
    ...verdict.breaches.map(complain),
    ...withoutCause(histories, troubles).map(
      ({ witness, id, reason, atMs }) => `${at(atMs)} ${nameOf(witness)} let ${nameOf(id)} go: ${reason}`,
    ),
    ...(agreed ? [] : ['in the end not everyone had everyone']),
  ]
}

/** Everything that was done, to look into a run that went wrong. */
export const describePlan = ({ plan, inflicted }: Outcome): string =>
  [`seed ${plan.seed}`, ...inflicted.map(describeFault)].join('\n')
