import { describe, expect, it } from 'vitest'
import type { Addressee, Entry, History } from '../../browser/chaos/history.js'
import { judge, type Rule } from '../../browser/chaos/judge.js'

/** Two members and what they report, each event a millisecond after the one before. */
class Scene {
  readonly #histories = new Map<string, { id: string; name: string; entries: Entry[]; endedAtMs: number | null }>()
  #nowMs = 0

  constructor() {
    for (const id of ['ada', 'bob', 'eve']) this.#histories.set(id, { id, name: id, entries: [], endedAtMs: null })
  }

  meet(...ids: readonly string[]): this {
    for (const id of ids) for (const other of ids) if (other !== id) this.joins(id, other)
    return this
  }

  joins(witness: string, id: string): this {
    return this.#add(witness, (atMs) => ({ atMs, type: 'join', id }))
  }

  leaves(witness: string, id: string): this {
    return this.#add(witness, (atMs) => ({ atMs, type: 'leave', id, reason: 'timeout' }))
  }

  sends(id: string, number: number, to: Addressee = 'all'): this {
    return this.#add(id, (atMs) => ({ atMs, type: 'sent', number, to }))
  }

  rejected(id: string, number: number, code: string): this {
    return this.#add(id, (atMs) => ({ atMs, type: 'rejected', number, code }))
  }

  fails(id: string, to: string, code: string): this {
    return this.#add(id, (atMs) => ({ atMs, type: 'failed', id: to, code, count: 1 }))
  }

  gets(id: string, from: string, number: number, given: Partial<Entry & { type: 'got' }> = {}): this {
    const usual = { type: 'got', from, author: from, number, addressee: 'all', to: 'all', intact: true } as const
    return this.#add(id, (atMs) => ({ atMs, ...usual, ...given }))
  }

  ends(id: string): this {
    const history = this.#histories.get(id)
    if (history) history.endedAtMs = ++this.#nowMs
    return this
  }

  get histories(): History[] {
    return [...this.#histories.values()]
  }

  /** As `rule number from>to`. */
  breaches(): string[] {
    return judge(this.histories).breaches.map(({ rule, number, from, to }) => `${rule} ${number} ${from}>${to}`)
  }

  #add(id: string, entry: (atMs: number) => Entry): this {
    this.#histories.get(id)?.entries.push(entry(++this.#nowMs))
    return this
  }
}

const met = (): Scene => new Scene().meet('ada', 'bob')
const privately = { to: 'me', addressee: 'bob' } as const

describe('the judge of chaos', () => {
  it('finds nothing wrong where everything arrived once and in order', () => {
    const scene = met().sends('ada', 0).sends('ada', 1, 'bob').sends('ada', 2)
    scene.gets('bob', 'ada', 0).gets('bob', 'ada', 1, privately).gets('bob', 'ada', 2)
    expect(judge(scene.histories)).toEqual({ sent: 3, delivered: 3, kept: 3, breaches: [] })
  })

  it('misses what has not come', () => {
    const scene = met().sends('ada', 0).sends('ada', 1, 'bob').gets('bob', 'ada', 0)
    expect(scene.breaches()).toEqual(['lost 1 ada>bob'])
  })

  it('misses what was passed over by something later, even when all is over', () => {
    const scene = met().sends('ada', 0).sends('ada', 1).gets('bob', 'ada', 1).leaves('bob', 'ada').ends('ada')
    expect(scene.breaches()).toEqual(['lost 0 ada>bob'])
  })

  it.each<[Rule, (scene: Scene) => Scene]>([
    ['doubled', (scene) => scene.gets('bob', 'ada', 0).gets('bob', 'ada', 1).gets('bob', 'ada', 1)],
    ['doubled', (scene) => scene.gets('bob', 'ada', 0).gets('bob', 'ada', 1).gets('bob', 'ada', 0)],
    ['reordered', (scene) => scene.gets('bob', 'ada', 1).gets('bob', 'ada', 0)],
    ['wrong audience', (scene) => scene.gets('bob', 'ada', 0, { to: 'me' }).gets('bob', 'ada', 1)],
    ['damaged', (scene) => scene.gets('bob', 'ada', 0, { intact: false }).gets('bob', 'ada', 1)],
    ['damaged', (scene) => scene.gets('bob', 'ada', 0, { author: 'eve' }).gets('bob', 'ada', 1)],
    ['invented', (scene) => scene.gets('bob', 'ada', 0).gets('bob', 'ada', 1).gets('bob', 'ada', 2)],
    [
      'outside membership',
      (scene) => scene.gets('bob', 'ada', 0).gets('bob', 'ada', 1).sends('eve', 0).gets('bob', 'eve', 0),
    ],
  ])('sees what is %s', (rule, happen) => {
    const scene = happen(met().sends('ada', 0).sends('ada', 1))
    expect(judge(scene.histories).breaches.map((breach) => breach.rule)).toEqual([rule])
  })

  it('sees a private message that came to another', () => {
    const scene = new Scene().meet('ada', 'bob', 'eve').sends('ada', 0, 'bob').gets('bob', 'ada', 0, privately)
    expect(scene.gets('eve', 'ada', 0, privately).breaches()).toEqual(['wrong audience 0 ada>eve'])
  })

  it('sees what comes after its sender has left, and what came before it had joined', () => {
    const late = met().sends('ada', 0).leaves('bob', 'ada').gets('bob', 'ada', 0)
    expect(late.breaches()).toEqual(['outside membership 0 ada>bob'])
    const early = new Scene().joins('ada', 'bob').sends('ada', 0).gets('bob', 'ada', 0).joins('bob', 'ada')
    expect(early.breaches()).toEqual(['outside membership 0 ada>bob'])
  })

  it('sees one that comes again after they parted and met anew', () => {
    const scene = met().sends('ada', 0).gets('bob', 'ada', 0)
    scene.leaves('bob', 'ada').leaves('ada', 'bob').meet('ada', 'bob').gets('bob', 'ada', 0)
    expect(scene.breaches()).toEqual(['doubled 0 ada>bob'])
  })

  it.each<[string, (scene: Scene) => Scene]>([
    ['to one that has ended', (scene) => scene.sends('ada', 0).ends('bob')],
    ['by one that has ended', (scene) => scene.sends('ada', 0).ends('ada')],
    ['once the recipient has parted from its sender', (scene) => scene.sends('ada', 0).leaves('bob', 'ada')],
    ['once the sender has parted from its recipient', (scene) => scene.sends('ada', 0).leaves('ada', 'bob')],
    ['before they met again', (scene) => scene.leaves('bob', 'ada').sends('ada', 0).joins('bob', 'ada')],
    ['that was refused as its recipient left', (scene) => scene.sends('ada', 0).rejected('ada', 0, 'member-left')],
    ['to one that was no member yet', (scene) => scene.sends('eve', 0).joins('eve', 'bob').joins('bob', 'eve')],
  ])('owes nothing %s', (_what, happen) => {
    expect(happen(met()).breaches()).toEqual([])
  })

  it('owes what was sent after they met again, though not what was sent before', () => {
    const scene = met().sends('ada', 0).leaves('ada', 'bob').leaves('bob', 'ada').meet('ada', 'bob')
    expect(scene.sends('ada', 1).sends('ada', 2).gets('bob', 'ada', 2).breaches()).toEqual(['lost 1 ada>bob'])
  })

  it('does not believe that one that has ended reported everything', () => {
    expect(met().sends('ada', 0).gets('bob', 'ada', 0).gets('bob', 'ada', 1).ends('ada').breaches()).toEqual([])
  })

  it('sees what is given up though its recipient is still there', () => {
    expect(met().sends('ada', 0).rejected('ada', 0, 'member-stalled').breaches()).toEqual(['refused 0 ada>'])
    expect(met().fails('ada', 'bob', 'member-stalled').breaches()).toEqual(['refused -1 ada>bob'])
  })
})
