import { MAX_CHUNK_BYTES } from '../../sdk/protocol/limits.js'
import { isReliable, MESSAGE_STREAM } from '../../sdk/protocol/streams.js'
import { Random } from '../support/random.js'
import type { Decision } from './decision.js'
import { Interference } from './interference.js'
import type { Member } from './member.js'
import type { VirtualLink } from './network.js'
import { bulk, moments, newest, talk } from './own-streams.js'
import type { Plan } from './plan.js'
import type { World } from './world.js'

/** Whoever has so many sends open sends no more. */
const maxUnsettled = 16
const fillPieceBytes = 1024 * 1024
const fewBytes = 30
/** How long a pause waits for its share of what it is to interrupt, and how often it looks. */
const pausesWithinMs = 5_000
const pauseLookMs = 5
const besideAfterMs = 500
const besideBytes = 200_000

type Of<Type extends Decision['type']> = Decision & { readonly type: Type }

/** Makes a decision come true; whether there was anything for it to change. */
export const carryOut = (world: World, plan: Plan, decision: Decision): boolean => {
  const { activeMs } = plan
  const { nowMs } = world.queue
  const awake = 'place' in decision ? awakeAt(world, decision.place) : undefined
  /** No fault goes on when all is to be quiet. */
  const untilMs = 'forMs' in decision ? Math.min(nowMs + decision.forMs, activeMs) : nowMs
  switch (decision.type) {
    case 'apart':
      world.network.pair(decision.a, decision.b).reach = decision.isKnown ? 'refused' : 'fails'
      return true
    case 'together':
      world.network.pair(decision.a, decision.b).reach = 'links'
      return true
    case 'join':
      return join(world, plan, decision)
    case 'send':
      return send(world, awake, decision)
    case 'post':
      return post(world, awake, decision)
    case 'fill':
      return fill(world, awake, plan, decision)
    case 'open':
      return openMany(world, awake, decision)
    case 'hint':
      awake?.step({ type: 'hint', hint: decision.hint })
      return awake !== undefined
    case 'server':
      if (!world.server.isUp) return false
      world.server.down(decision.how)
      world.queue.at(untilMs, () => world.server.up())
      return true
    case 'stall':
      return toLink(world, decision.which, (link) => link.stall(decision.forMs))
    case 'lag':
      return toLink(world, decision.which, (link) => link.lag(decision.byMs, decision.forMs))
    case 'cut':
      return toLink(world, decision.which, (link) => {
        link.pair.blockedUntilMs = nowMs + decision.blockedMs
        link.cut(decision.kind)
      })
    case 'partition':
      return partition(world, plan, decision, untilMs)
    case 'outage':
      return separate(world, untilMs, ({ from, to }) =>
        from === decision.place || to === decision.place ? 'both' : null,
      )
    case 'sleep':
      return awake !== undefined && sleep(world, awake, decision, untilMs)
    case 'clock':
      awake?.setClockAhead(decision.byMs)
      return awake !== undefined
    case 'slow':
      return awake?.slow(decision.everyMs, untilMs - nowMs) === true
    case 'pause':
      return awake?.joined === true && pause(world, awake, plan, decision, untilMs)
    case 'relay':
      return awake !== undefined && interfere(world, awake, plan, decision, untilMs)
    case 'churn':
      return churn(world, plan, decision)
  }
}

/** The member at a place, if its page runs. */
const awakeAt = (world: World, place: number): Member | undefined => {
  const member = world.at(place)
  return member?.running === true && !member.isSuspended && !member.isFrozen ? member : undefined
}

const join = (world: World, { messageBytes }: Plan, decision: Of<'join'>): boolean => {
  const inviter = world.running().find((member) => member.joined && !member.options.bot)
  const isInvited = decision.isInvited && inviter !== undefined
  const { place, bot, relay, isDialable, dials, server, clockMs } = decision
  const member = world.join(place, {
    bot,
    relay,
    isDialable,
    dials,
    clockMs,
    messageBytes,
    server: server || !isInvited,
  })
  if (isInvited) inviter.connectSocket(member)
  return true
}

const recipient = (world: World, member: Member, which: number): Member | undefined =>
  world.memberById(member.here[Math.floor(which * member.here.length)] ?? '')

/** Some of what is sent goes on other streams, by what was drawn for it. */
const streamFor = ({ sizes, isText, confirm }: Of<'send'>, size: number): number => {
  if (isText) return MESSAGE_STREAM
  if (size > MAX_CHUNK_BYTES) return confirm ? talk.stream : MESSAGE_STREAM
  return [MESSAGE_STREAM, talk.stream, bulk.stream][(sizes[0] as number) % 3] as number
}

const send = (world: World, member: Member | undefined, decision: Of<'send'>): boolean => {
  if (member?.joined !== true) return false
  const kind = decision.isText ? 'text' : 'binary'
  for (const size of decision.sizes) {
    const to = decision.which === null ? null : recipient(world, member, decision.which)
    if (to === undefined || world.ledger.unsettled(member.name) >= maxUnsettled) continue
    world.send(member, to, size, { kind, confirm: decision.confirm, stream: streamFor(decision, size) })
  }
  return true
}

const post = (world: World, member: Member | undefined, decision: Of<'post'>): boolean => {
  if (member?.joined !== true) return false
  const to = decision.which === null ? null : recipient(world, member, decision.which)
  if (to === undefined) return false
  const { stream } = decision.onlyNewest ? newest : moments
  for (let i = 0; i < decision.count; i++) {
    world.queue.in(i * decision.everyMs, () => {
      if (awakeAt(world, member.place) === member) world.post(member, to, decision.size, stream)
    })
  }
  return true
}

const fill = (world: World, member: Member | undefined, plan: Plan, decision: Of<'fill'>): boolean => {
  const to = member?.joined === true ? recipient(world, member, decision.which) : undefined
  if (member === undefined || to === undefined) return false
  const pieceBytes = Math.min(decision.isOne ? decision.bytes : fillPieceBytes, plan.messageBytes)
  for (let left = decision.bytes; left > 0; left -= pieceBytes) world.send(member, to, Math.min(left, pieceBytes))
  return true
}

/** They are closed after a while: what is sent on them reaches those that have taken them, and others are told. */
const openMany = (world: World, member: Member | undefined, decision: Of<'open'>): boolean => {
  const to = member?.joined === true ? recipient(world, member, decision.which) : undefined
  if (member === undefined || to === undefined) return false
  const streams = Array.from({ length: decision.count }, () => member.openStream(decision.mode))
  const say = (stream: number, end: boolean): void => {
    if (isReliable(decision.mode)) world.send(member, to, fewBytes, { stream, end })
    else if (!end) world.post(member, to, fewBytes, stream)
  }
  for (const stream of streams) say(stream, false)
  world.queue.in(decision.endAfterMs, () => {
    if (!member.running) return
    for (const stream of streams) {
      say(stream, true)
      member.step({ type: 'stream:close', stream })
    }
  })
  return true
}

const toLink = (world: World, which: number, change: (link: VirtualLink) => void): boolean => {
  const links = world.network.openLinks()
  const link = links[Math.floor(which * links.length)]
  if (link === undefined) return false
  world.trace(() => `to link ${link.number} between places ${link.from} and ${link.to}:`)
  change(link)
  return true
}

const partition = (world: World, plan: Plan, { places, way }: Of<'partition'>, untilMs: number): boolean => {
  const isInside = (place: number): boolean => places.includes(place)
  for (let a = 0; a < plan.places; a++) {
    for (let b = 0; b < a; b++) if (isInside(a) !== isInside(b)) blockPair(world, a, b, untilMs)
  }
  return separate(world, untilMs, ({ from, to }) => {
    if (isInside(from) === isInside(to)) return null
    if (way === 'both') return way
    return isInside(from) === (way === 'out') ? from : to
  })
}

const blockPair = (world: World, a: number, b: number, untilMs: number): void => {
  const pair = world.network.pair(a, b)
  pair.blockedUntilMs = Math.max(pair.blockedUntilMs, untilMs)
}

/** Links hold what they carry until then, both ways or what comes from one place, and no others come up in their place. */
const separate = (world: World, untilMs: number, sideOf: (link: VirtualLink) => 'both' | number | null): boolean => {
  let isAny = false
  for (const link of world.network.openLinks()) {
    const side = sideOf(link)
    if (side === null) continue
    isAny = true
    blockPair(world, link.from, link.to, untilMs)
    if (side === 'both') link.stall(untilMs - world.queue.nowMs)
    else link.stallFrom(side, untilMs - world.queue.nowMs)
  }
  return isAny
}

const sleep = (world: World, member: Member, { how, hint }: Of<'sleep'>, untilMs: number): boolean => {
  const isAsleep = how === 'suspend' ? member.suspend() : member.freeze()
  if (!isAsleep) return false
  world.queue.at(untilMs, () => {
    if (how === 'suspend') member.resume(hint)
    else member.thaw(hint === 'resumed')
  })
  return true
}

const interfere = (world: World, member: Member, plan: Plan, decision: Of<'relay'>, untilMs: number): boolean => {
  const random = new Random(`${plan.seed} relay ${decision.place} ${decision.atMs}`)
  const interference = new Interference(random, decision.shape)
  member.interference = interference
  world.queue.at(untilMs, () => {
    if (member.interference === interference) member.interference = null
  })
  return true
}

const pause = (world: World, reader: Member, plan: Plan, decision: Of<'pause'>, untilMs: number): boolean => {
  const { queue } = world
  const ids = decision.which === null ? [...reader.here] : [recipient(world, reader, decision.which)?.id]
  const senders = ids.map((id) => world.memberById(id ?? '')).filter((sender) => sender !== undefined)
  const received = (): number => reader.engine.stats().bytesReceived
  const wanted = received() + decision.afterShare * decision.bytes * senders.length
  for (const sender of senders) sendBefore(world, sender, reader, plan, decision)
  const lastMs = decision.afterShare > 0 ? Math.min(queue.nowMs + pausesWithinMs, untilMs) : queue.nowMs
  const pauseWhenDue = (): void => {
    if (queue.nowMs < lastMs && received() < wanted) return void queue.in(pauseLookMs, pauseWhenDue)
    for (const sender of senders) pauseStream(world, reader, sender, decision.stream, untilMs)
  }
  pauseWhenDue()
  return senders.length > 0
}

const sendBefore = (world: World, sender: Member, reader: Member, plan: Plan, decision: Of<'pause'>): void => {
  const { stream } = decision
  if (awakeAt(world, sender.place) !== sender || !sender.joined) return
  if (sender.promisesNothing(stream)) return world.post(sender, reader, fewBytes, stream)
  const pieceBytes = decision.isOne && stream !== bulk.stream ? plan.messageBytes : MAX_CHUNK_BYTES
  for (let left = decision.bytes; left > 0; left -= pieceBytes)
    world.send(sender, reader, Math.min(left, pieceBytes), { stream })
}

/** What is sent meanwhile on another stream, and takes several pieces, is not held up by it. */
const pauseStream = (world: World, reader: Member, sender: Member, stream: number, untilMs: number): void => {
  if (!reader.pause(sender.id, stream, true)) return
  world.queue.in(besideAfterMs, () => {
    if (awakeAt(world, sender.place) === sender && sender.here.includes(reader.id))
      world.send(
        sender,
        reader,
        Math.min(besideBytes, world.network.pair(sender.place, reader.place).shape.bytesPerSecond / 10),
      )
  })
  world.queue.at(untilMs, () => {
    world.checkGoesOn(sender, reader)
    reader.pause(sender.id, stream, false)
  })
}

/** Whoever comes back is what it was, but for a clock that was set. */
const churn = (world: World, plan: Plan, decision: Of<'churn'>): boolean => {
  const member = world.at(decision.place)
  if (member?.running !== true) return false
  if (decision.how === 'crash') world.crash(member, decision.noticedMs)
  else world.leave(member, decision.how === 'leave now')
  if (decision.backAfterMs === null) return true
  world.queue.in(decision.backAfterMs, () => {
    if (world.at(decision.place) !== undefined || world.queue.nowMs > plan.activeMs) return
    const identity = decision.sameIdentity ? member.options.identity : world.identity()
    world.join(decision.place, { ...member.options, identity })
  })
  return true
}
