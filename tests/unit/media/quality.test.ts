import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shareFairly } from '../../../sdk/media/fair-share.js'
import { createLadder, type QualityLimits, type VideoSource } from '../../../sdk/media/ladder.js'
import type { LinkEstimate } from '../../../sdk/media/link-quality.js'
import { QualityPlanner, type Encoding, type LinkPlan, type Recipient } from '../../../sdk/media/quality.js'
import { describeSource } from '../../../sdk/media/video-source.js'
import { showsAll, showsNothing, type Wish } from '../../../sdk/media/wish.js'

const CAMERA = 1
const SCREEN = 2
const unmeasured: LinkEstimate = { availableBitrate: null, isLimiting: false, rttMs: null, loss: null }
const carries = (availableBitrate: number): LinkEstimate => ({ availableBitrate, isLimiting: true, rttMs: 20, loss: 0 })
const loses = (loss: number): LinkEstimate => ({ availableBitrate: null, isLimiting: false, rttMs: 20, loss })

const source = (width: number, height: number, limits: QualityLimits = {}, isDetail = false): VideoSource => ({
  width,
  height,
  frameRate: 30,
  isDetail,
  limits,
})

interface Told {
  readonly estimate?: LinkEstimate
  readonly audioTracks?: number
  readonly wish?: Wish
}

/** Time goes on by a second with each plan, as it does in a group. */
const setup = (videos: readonly (readonly [number, VideoSource])[] = [[CAMERA, source(1_280, 720)]]) => {
  const planner = new QualityPlanner<string, number>()
  const sources = new Map(videos)
  let nowMs = 1_000_000
  const plan = (told: Readonly<Record<string, Told>>, maxUpload?: number): ReadonlyMap<string, LinkPlan<number>> => {
    const recipients = Object.entries(told).map(([id, { estimate = unmeasured, audioTracks = 1, wish = showsAll }]) => {
      const wishes = new Map([...sources.keys()].map((label) => [label, wish]))
      return [id, { estimate, audioTracks, wishes } satisfies Recipient<number>] as const
    })
    nowMs += 1_000
    return planner.plan({ videos: sources, recipients: new Map(recipients), maxUpload }, nowMs)
  }
  /** As often, the same each time; the last plan. */
  const planFor = (seconds: number, told: Readonly<Record<string, Told>>, maxUpload?: number) => {
    for (let second = 1; second < seconds; second++) plan(told, maxUpload)
    return plan(told, maxUpload)
  }
  return { sources, plan, planFor }
}

const encoding = (plan: ReadonlyMap<string, LinkPlan<number>>, id: string, label = CAMERA): Encoding => {
  const found = plan.get(id)?.videos.get(label)
  if (found === undefined) throw new Error(`nothing is planned of ${label} for ${id}`)
  return found
}

const heightOf = (from: VideoSource, { active, scaleResolutionDownBy }: Encoding): number =>
  active ? Math.round(from.height / scaleResolutionDownBy) : 0

const everyone = (count: number, told: Told = {}): Record<string, Told> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`member-${index}`, told]))

const upload = (plan: ReadonlyMap<string, LinkPlan<number>>, audioTracks: number): number =>
  [...plan.values()].reduce(
    (total, { audio, videos }) =>
      total +
      audioTracks * audio.maxBitrate +
      [...videos.values()].reduce((sum, each) => sum + (each.active ? each.maxBitrate : 0), 0),
    0,
  )

describe('the plan of encodings', () => {
  it('sends one recipient the camera as it is', () => {
    const { plan } = setup()
    expect(encoding(plan({ bob: {} }), 'bob')).toEqual({
      active: true,
      maxBitrate: 2_500_000,
      scaleResolutionDownBy: 1,
      maxFramerate: 30,
    })
  })

  it('leaves a small camera as it is in a group of three, whatever the browser estimates at first', () => {
    const { planFor } = setup([[CAMERA, source(320, 180)]])
    const told = { bob: { estimate: carries(300_000) }, carol: { estimate: carries(300_000) } }
    const planned = planFor(20, told)
    expect(['bob', 'carol'].map((id) => encoding(planned, id).scaleResolutionDownBy)).toEqual([1, 1])
    expect(encoding(planned, 'bob').maxFramerate).toBe(30)
  })

  it('grows smaller, and then less smooth, with the number of recipients', () => {
    const seen = [1, 3, 5, 10, 20, 40].map((count) => {
      const { plan } = setup()
      const planned = plan(everyone(count))
      const first = encoding(planned, 'member-0')
      return [heightOf(source(1_280, 720), first), first.maxFramerate]
    })
    expect(seen).toEqual([
      [720, 30],
      [720, 30],
      [720, 30],
      [540, 30],
      [270, 30],
      [180, 15],
    ])
  })

  it('never takes more than the upload, and gives equal recipients equal parts of it', () => {
    const { plan } = setup()
    for (const count of [1, 2, 5, 17, 60]) {
      const planned = plan(everyone(count))
      expect(upload(planned, 1)).toBeLessThanOrEqual(6_000_000)
      const sent = [...planned.values()].map(({ videos }) => videos.get(CAMERA)).filter((each) => each?.active)
      expect(new Set(sent.map((each) => each?.maxBitrate)).size).toBe(1)
    }
  })

  it('gives what a slow link cannot take to the others', () => {
    const { planFor } = setup()
    const told = { ...everyone(4), slow: { estimate: carries(400_000) } }
    const planned = planFor(10, told)
    expect(encoding(planned, 'slow').maxBitrate).toBeLessThanOrEqual(320_000)
    expect(encoding(planned, 'member-0').maxBitrate).toBeGreaterThan(1_300_000)
  })

  it('serves audio first: of little, videos get nothing', () => {
    const { planFor } = setup()
    const planned = planFor(10, { bob: { estimate: carries(90_000), audioTracks: 1 } })
    expect(encoding(planned, 'bob').active).toBe(false)
    expect(planned.get('bob')?.audio.maxBitrate).toBe(40_000)
  })

  it('makes audio smaller only when all of the upload is not enough for it', () => {
    const { plan } = setup()
    const planned = plan(everyone(10), 300_000)
    expect(planned.get('member-3')?.audio.maxBitrate).toBe(30_000)
    expect([...planned.values()].every(({ videos }) => videos.get(CAMERA)?.active === false)).toBe(true)
    expect(plan(everyone(10), 50_000).get('member-3')?.audio.maxBitrate).toBe(16_000)
  })

  it('sends some recipients a video rather than all of them one that is of no use', () => {
    const { planFor } = setup()
    const planned = planFor(3, everyone(20), 1_200_000)
    const active = [...planned.values()].map(({ videos }) => videos.get(CAMERA)?.active)
    expect(active.filter(Boolean).length).toBeGreaterThan(3)
    expect(active.filter((each) => !each).length).toBeGreaterThan(3)
    // The same ones from then on.
    expect([...planFor(30, everyone(20), 1_200_000).values()].map(({ videos }) => videos.get(CAMERA)?.active)).toEqual(
      active,
    )
  })

  it('sends no video that nobody shows, and as large as the largest place where it is shown', () => {
    const { plan } = setup()
    const planned = plan({
      hidden: { wish: showsNothing },
      small: { wish: { shown: true, maxHeight: 180 } },
      large: { wish: { shown: true, maxHeight: 1_080 } },
    })
    expect(encoding(planned, 'hidden').active).toBe(false)
    expect(heightOf(source(1_280, 720), encoding(planned, 'small'))).toBe(180)
    expect(encoding(planned, 'large').scaleResolutionDownBy).toBe(1)
  })

  it('never makes a picture so small that no encoder takes it, whatever a member wishes', () => {
    const { plan } = setup()
    for (const maxHeight of [-5, 0, 0.001, 1]) {
      const { scaleResolutionDownBy } = encoding(plan({ bob: { wish: { shown: true, maxHeight } } }), 'bob')
      expect(720 / scaleResolutionDownBy).toBeGreaterThanOrEqual(32)
    }
  })

  it('keeps an upright picture upright, and cuts it by its height', () => {
    const { plan } = setup([[CAMERA, source(720, 1_280)]])
    const planned = plan({ bob: { wish: { shown: true, maxHeight: 360 } } })
    expect(encoding(planned, 'bob').scaleResolutionDownBy).toBeCloseTo(1_280 / 360)
  })

  it('holds to the limits of the application, each of them', () => {
    const limits = { maxBitrate: 600_000, maxHeight: 480, maxFrameRate: 12 }
    const { plan } = setup([[CAMERA, source(1_920, 1_080, limits)]])
    const planned = encoding(plan({ bob: {} }), 'bob')
    expect(planned.maxBitrate).toBeLessThanOrEqual(600_000)
    expect(heightOf(source(1_920, 1_080), planned)).toBeLessThanOrEqual(480)
    expect(planned.maxFramerate).toBe(12)
  })

  it('follows a limit that is lowered at once', () => {
    const { plan, sources } = setup()
    plan({ bob: {} })
    sources.set(CAMERA, source(1_280, 720, { maxBitrate: 2_450_000 }))
    expect(encoding(plan({ bob: {} }), 'bob').maxBitrate).toBe(2_450_000)
  })

  it('gives up frames of a screen before its sharpness', () => {
    const { planFor } = setup([[SCREEN, source(1_920, 1_080, {}, true)]])
    const planned = planFor(10, { bob: { estimate: carries(1_300_000) } })
    expect(encoding(planned, 'bob', SCREEN)).toMatchObject({ active: true, scaleResolutionDownBy: 1, maxFramerate: 15 })
  })

  it('shares one link among camera and screen', () => {
    const { planFor } = setup([
      [CAMERA, source(1_280, 720)],
      [SCREEN, source(1_920, 1_080, {}, true)],
    ])
    const planned = planFor(10, { bob: { estimate: carries(2_000_000) } })
    const bitrates = [CAMERA, SCREEN].map((label) => encoding(planned, 'bob', label).maxBitrate)
    expect(bitrates[0]).toBeGreaterThan(400_000)
    expect(bitrates[1]).toBeGreaterThan(400_000)
    expect((bitrates[0] ?? 0) + (bitrates[1] ?? 0)).toBeLessThanOrEqual(0.9 * 2_000_000)
  })

  it('says what is wished of a link beside what is planned, and many recipients are not the fault of any link', () => {
    const { planFor } = setup()
    const told = { ...everyone(9), slow: { estimate: carries(200_000) }, hidden: { wish: showsNothing } }
    const planned = planFor(10, told)
    const of = (id: string) => [planned.get(id)?.plannedBitrate, planned.get(id)?.wishedBitrate]
    const [plannedOf, wishedOf] = of('member-0')
    expect(plannedOf).toBeGreaterThanOrEqual(wishedOf ?? Infinity)
    expect(wishedOf).toBeGreaterThan(500_000)
    expect(of('slow')[0]).toBeLessThan(150_000)
    expect(of('slow')[1]).toBe(wishedOf)
    expect(of('hidden')).toEqual([0, 0])
  })

  it('does not stop a video for the sake of another that is wished later', () => {
    const { planFor } = setup()
    const [before, later] = [everyone(5), everyone(20)]
    // Those that come are asked first from now on.
    const now = Object.fromEntries([...Object.entries(later).slice(5), ...Object.entries(before)])
    planFor(3, before, 1_000_000)
    const planned = planFor(3, now, 1_000_000)
    const active = Object.keys(now).filter((id) => encoding(planned, id).active)
    expect(active).toHaveLength(4)
    expect(active.every((id) => Object.hasOwn(before, id))).toBe(true)
  })
})

describe('the plan as time goes on', () => {
  const at = (bitrate: number) => ({ bob: { estimate: carries(bitrate) } })
  const height = (planned: ReadonlyMap<string, LinkPlan<number>>): number =>
    heightOf(source(1_280, 720), encoding(planned, 'bob'))

  it('takes an estimate that nothing comes up to for no limit: nobody moves in the picture', () => {
    const { planFor } = setup()
    const still = { bob: { estimate: { ...carries(300_000), isLimiting: false } } }
    expect(height(planFor(60, still))).toBe(720)
    // Somebody moves, and the estimate follows within seconds.
    planFor(2, at(400_000))
    expect(height(planFor(10, at(2_000_000)))).toBe(720)
  })

  it('goes down at once when a link gets worse', () => {
    const { plan, planFor } = setup()
    expect(height(planFor(10, at(3_000_000)))).toBe(720)
    expect(height(plan(at(500_000)))).toBe(360)
  })

  it('goes up only after there has been room for five seconds', () => {
    const { planFor } = setup()
    planFor(10, at(500_000))
    expect(height(planFor(5, at(3_000_000)))).toBe(360)
    expect(height(planFor(2, at(3_000_000)))).toBe(720)
  })

  it('does not flap with an estimate that does', () => {
    const { plan, planFor } = setup()
    planFor(10, at(3_000_000))
    const seen: number[] = []
    for (let second = 0; second < 600; second++) seen.push(height(plan(at(second % 6 < 3 ? 930_000 : 1_300_000))))
    const changes = seen.filter((each, index) => index > 0 && each !== seen[index - 1]).length
    expect(changes).toBeLessThanOrEqual(1)
  })

  it('tries a size that was too much less and less often', () => {
    const { plan, planFor } = setup()
    planFor(10, at(500_000))
    let rises = 0
    let before = 0
    // Better for as long as it takes to be believed, and worse as soon as it is.
    for (let second = 0; second < 600; second++) {
      const now = height(plan(at(before === 720 ? 500_000 : 3_000_000)))
      if (now > before && before > 0) rises++
      before = now
    }
    expect(rises).toBeGreaterThan(3)
    expect(rises).toBeLessThan(20)
  })

  it('shows a video at once that is shown again, or larger', () => {
    const { plan, planFor } = setup()
    planFor(10, { bob: { estimate: carries(700_000), wish: { shown: true, maxHeight: 180 } } })
    const larger = plan({ bob: { estimate: carries(700_000), wish: showsAll } })
    expect(height(larger)).toBe(720)
    plan({ bob: { estimate: carries(700_000), wish: showsNothing } })
    expect(height(plan({ bob: { estimate: carries(700_000) } }))).toBe(720)
  })

  it('gives the same encoding again while nothing is worth a change', () => {
    const { plan, planFor } = setup()
    const first = encoding(planFor(10, at(1_200_000)), 'bob')
    expect(encoding(plan(at(1_250_000)), 'bob')).toBe(first)
    expect(encoding(plan(at(1_400_000)), 'bob')).not.toBe(first)
  })

  it('finds out a rate that nobody estimates from what is lost', () => {
    const { planFor } = setup()
    const before = encoding(planFor(5, { bob: { estimate: loses(0) } }), 'bob')
    const during = encoding(planFor(15, { bob: { estimate: loses(0.2) } }), 'bob')
    const after = encoding(planFor(120, { bob: { estimate: loses(0) } }), 'bob')
    expect(during.maxBitrate).toBeLessThan(0.4 * before.maxBitrate)
    expect(during.scaleResolutionDownBy).toBeGreaterThan(1)
    expect(after).toEqual(before)
  })

  it('takes trouble on most links for that of its own line, and sends less to all', () => {
    const { planFor } = setup()
    const bad = { estimate: { ...carries(5_000_000), loss: 0.2 } }
    const good = { estimate: carries(5_000_000) }
    const before = encoding(planFor(5, { a: good, b: good, c: good }), 'c')
    const one = encoding(planFor(10, { a: bad, b: good, c: good }), 'c')
    const most = encoding(planFor(10, { a: bad, b: bad, c: good }), 'c')
    expect(one).toEqual(before)
    expect(most.maxBitrate).toBeLessThan(0.6 * before.maxBitrate)
  })

  it('begins anew on a new link, and forgets whoever is not there any more', () => {
    const { plan, planFor } = setup()
    planFor(15, { bob: { estimate: loses(0.3) } })
    plan({})
    expect(encoding(plan({ bob: {} }), 'bob').scaleResolutionDownBy).toBe(1)
  })

  it('keeps to all limits whatever is measured and wished', () => {
    const bitrates = fc.option(fc.integer({ min: 0, max: 20_000_000 }), { nil: null })
    const told = fc.record({
      estimate: fc.record({
        availableBitrate: bitrates,
        isLimiting: fc.boolean(),
        rttMs: fc.constant(10),
        loss: fc.option(fc.float({ min: 0, max: 1, noNaN: true }), { nil: null }),
      }),
      audioTracks: fc.integer({ min: 0, max: 2 }),
      wish: fc.record({
        shown: fc.boolean(),
        maxHeight: fc.option(fc.integer({ min: 1, max: 4_000 }), { nil: null }),
      }),
    })
    const size = fc.integer({ min: 1, max: 8_000 })
    const limits = fc.record(
      { maxBitrate: fc.integer({ min: 1, max: 9_000_000 }), maxHeight: fc.integer({ min: 1, max: 2_000 }) },
      { requiredKeys: [] },
    )
    const rounds = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), told), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(size, size, limits, fc.boolean(), rounds, (width, height, given, isDetail, all) => {
        const from = source(width, height, given, isDetail)
        const { plan } = setup([[CAMERA, from]])
        for (const round of all) {
          const planned = plan(round)
          let total = 0
          for (const [id, { videos, audio }] of planned) {
            const each = encoding(planned, id)
            total += (round[id]?.audioTracks ?? 0) * audio.maxBitrate + (each.active ? each.maxBitrate : 0)
            expect(videos.size).toBe(1)
            expect(each.maxBitrate).toBeGreaterThan(0)
            expect(each.maxBitrate).toBeLessThanOrEqual(given.maxBitrate ?? Infinity)
            expect(each.maxFramerate).toBeLessThanOrEqual(30)
            expect(each.scaleResolutionDownBy).toBeGreaterThanOrEqual(1)
            const most = Math.min(round[id]?.wish.maxHeight ?? Infinity, given.maxHeight ?? Infinity)
            expect(height / each.scaleResolutionDownBy).toBeLessThanOrEqual(Math.max(32, most) + 1e-6)
            if (round[id]?.wish.shown === false) expect(each.active).toBe(false)
          }
          expect(total).toBeLessThanOrEqual(6_000_000 + 1)
        }
      }),
    )
  })
})

describe('the ladder of a video', () => {
  it('rises: no rung takes less than the one below', () => {
    const size = fc.integer({ min: 16, max: 4_000 })
    fc.assert(
      fc.property(size, size, fc.boolean(), fc.integer({ min: 1, max: 60 }), (width, height, isDetail, frameRate) => {
        const ladder = createLadder({ width, height, frameRate, isDetail, limits: {} }, showsAll)
        expect(ladder.length).toBeGreaterThan(0)
        for (const [index, rung] of ladder.entries()) {
          expect(rung.minBitrate).toBeLessThanOrEqual(rung.idealBitrate)
          const below = ladder[index - 1]
          if (below !== undefined) expect(rung.idealBitrate).toBeGreaterThanOrEqual(below.idealBitrate)
        }
      }),
    )
  })

  it('is of a screen where a track is one or says so, and of a camera otherwise', () => {
    const track = (contentHint: string, displaySurface?: string) => ({
      contentHint,
      getSettings: () => ({ width: 640, height: 360, frameRate: 24, ...(displaySurface && { displaySurface }) }),
    })
    const details = [track(''), track('', 'monitor'), track('motion', 'monitor'), track('text'), track('detail')]
    expect(details.map((each) => describeSource(each, {}).isDetail)).toEqual([false, true, false, true, true])
    expect(describeSource(track(''), { maxHeight: 90 })).toEqual({
      width: 640,
      height: 360,
      frameRate: 24,
      isDetail: false,
      limits: { maxHeight: 90 },
    })
  })

  it('takes a track that does not say its size for an ordinary camera', () => {
    for (const track of [{}, { getSettings: () => ({}) }, { getSettings: () => ({ width: 0, height: 0 }) }]) {
      expect(describeSource(track, {})).toMatchObject({ width: 1_280, height: 720, frameRate: 30, isDetail: false })
    }
  })
})

describe('fair shares', () => {
  it('are equal but for what one cannot use or a pot does not have', () => {
    const all = { capacity: 100 }
    const slow = { capacity: 10 }
    const claims = [
      { most: 1_000, pots: [all] },
      { most: 5, pots: [all] },
      { most: 1_000, pots: [all, slow] },
      { most: 1_000, pots: [all] },
    ]
    expect(shareFairly(claims)).toEqual([42.5, 5, 10, 42.5])
  })

  it('are nothing of an empty pot, and all that is wanted of one without end', () => {
    expect(shareFairly([{ most: 5, pots: [{ capacity: -3 }] }])).toEqual([0])
    expect(shareFairly([{ most: 5, pots: [{ capacity: Infinity }] }])).toEqual([5])
    expect(shareFairly([{ most: Infinity, pots: [] }])).toEqual([Infinity])
    expect(shareFairly([])).toEqual([])
  })

  it('leave no pot overdrawn, and nothing in it that somebody could still use', () => {
    const capacities = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 5 })
    const drawn = fc.array(
      fc.record({ most: fc.integer({ min: 0, max: 5_000_000 }), pots: fc.array(fc.nat(4), { maxLength: 3 }) }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(capacities, drawn, (sizes, given) => {
        const pots = sizes.map((capacity) => ({ capacity }))
        const claims = given.map(({ most, pots: indexes }) => ({
          most,
          pots: [...new Set(indexes)].flatMap((index) => pots[index] ?? []),
        }))
        const shares = shareFairly(claims)
        const drawnFrom = (pot: (typeof pots)[number]): number =>
          claims.reduce((total, claim, index) => total + (claim.pots.includes(pot) ? (shares[index] ?? 0) : 0), 0)
        for (const pot of pots) expect(drawnFrom(pot)).toBeLessThanOrEqual(pot.capacity + 1)
        for (const [index, claim] of claims.entries()) {
          const share = shares[index] ?? 0
          const isFull = claim.pots.some((pot) => drawnFrom(pot) >= pot.capacity - 21)
          expect(share >= claim.most - 1 || isFull).toBe(true)
        }
      }),
    )
  })
})
