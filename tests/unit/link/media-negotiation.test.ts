import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createAudio, createVideo, mediaEngine, shows, sounds, type TestTrack } from '../../support/wrtc-media.js'
import { Random } from '../../support/random.js'
import { MediaEnd, openMedia, openMediaLink, portOf } from './media-setup.js'

const use = (made: TestTrack): MediaStreamTrack => {
  onTestFinished(made.stop)
  return made.track
}
const video = (brightness: number) => use(createVideo(brightness))
const audio = () => use(createAudio())

/** An engine that counts how often its connections are described anew. */
const countOffers = () => {
  let offers = 0
  const Counted = function (configuration?: RTCConfiguration) {
    const connection = new mediaEngine.RTCPeerConnection(configuration)
    connection.addEventListener('signalingstatechange', () => {
      if (connection.signalingState === 'have-local-offer') offers++
    })
    return connection
  }
  return { engine: { ...mediaEngine, RTCPeerConnection: Counted as never }, offers: () => offers }
}

const labelsOf = (end: MediaEnd, labels: Iterable<number>): number[] =>
  [...labels].filter((label) => end.media.track(label) !== null)

describe('MediaNegotiation', { timeout: 60_000 }, () => {
  test('Q1: a track arrives under its label, whichever side sends it', async () => {
    const { alice, bob } = await openMedia()
    await alice.media.send(1, 'video', video(40))
    await bob.media.send(2, 'video', video(200))
    await bob.media.send(7, 'audio', audio())
    await Promise.all([
      bob.arrives(1).then((track) => shows(track, 40)),
      alice.arrives(2).then((track) => shows(track, 200)),
      alice.arrives(7).then((track) => sounds(track)),
    ])
    expect([alice.media.track(1), bob.media.track(2)]).toEqual([null, null])
  })

  test('Q4: replacing, emptying, freeing and giving anew a slot makes no offer', async () => {
    const { engine, offers } = countOffers()
    const { alice, bob } = await openMedia(engine)
    await alice.media.send(1, 'video', video(40))
    const arriving = await bob.arrives(1)
    await shows(arriving, 40)
    // That of the link, and that of the first slots.
    expect(offers()).toBe(2)
    await alice.media.send(1, 'video', video(120))
    await shows(arriving, 120)
    await alice.media.send(1, 'video', null)
    await alice.media.send(1, 'video', video(80))
    await shows(arriving, 80)
    await bob.media.send(3, 'video', video(220))
    await shows(await alice.arrives(3), 220)
    alice.media.stop(1)
    await bob.until(() => bob.media.track(1) === null)
    await alice.media.send(2, 'video', video(160))
    await shows(await bob.arrives(2), 160)
    expect(offers()).toBe(2)
  })

  test('Q2: a first camera with its microphone, from either side, finds slots that are there already', async () => {
    const { engine, offers } = countOffers()
    const { alice, bob } = await openMedia(engine)
    const { connection } = portOf(bob.end)
    await vi.waitUntil(() => connection.getTransceivers().length === 2 && connection.signalingState === 'stable')
    for (const end of [alice, bob]) {
      await end.media.send(1, 'video', video(40))
      await end.media.send(2, 'audio', audio())
    }
    await Promise.all([alice, bob].map(async (end) => shows(await end.arrives(1), 40)))
    await Promise.all([alice, bob].map(async (end) => sounds(await end.arrives(2))))
    expect(offers()).toBe(2)
  })

  test('Q1: whoever stops a clone of what arrives does not stop what the slot carries next', async () => {
    const { alice, bob } = await openMedia()
    await alice.media.send(1, 'video', video(40))
    const first = (await bob.arrives(1)).clone()
    await shows(first, 40)
    first.stop()
    alice.media.stop(1)
    await alice.media.send(2, 'video', video(160))
    await shows((await bob.arrives(2)).clone(), 160)
  })

  test('Q2: 200 times both sides need slots at once, and all ends stable, with the right tracks', async () => {
    const { engine, offers } = countOffers()
    const shades = [30, 70, 110, 150, 190, 230]
    const pictures = shades.map(video)
    const sound = audio()
    const links = 25
    const rounds = 8
    for (let link = 0; link < links; link++) {
      const random = new Random(`collision ${link}`)
      const { alice, bob } = await openMedia(engine)
      const told = [new Map<number, number>(), new Map<number, number>()]
      for (let round = 0; round < rounds; round++) {
        ;[alice, bob].forEach(({ media }, side) => {
          const index = random.integer(0, shades.length)
          const label = side * 100 + round
          told[side]?.set(label, index)
          const picture = pictures[index]
          void (picture === undefined ? media.send(label, 'audio', sound) : media.send(label, 'video', picture))
        })
        // Or else in the middle of what this one has begun.
        if (random.chance(0.5)) await bob.until(() => bob.media.track(round) !== null)
      }
      const check = async (end: MediaEnd, sent: ReadonlyMap<number, number> | undefined): Promise<void> => {
        for (const [label, index] of sent ?? []) {
          const track = await end.arrives(label)
          expect(track.kind).toBe(index === shades.length ? 'audio' : 'video')
          // To look at all of them would take a minute.
          if (label % rounds === link % rounds && index < shades.length) await shows(track, shades[index] ?? 0)
        }
      }
      await Promise.all([check(bob, told[0]), check(alice, told[1])])
      const { connection } = portOf(alice.end)
      expect([alice.isClosed, bob.isClosed, connection.signalingState]).toEqual([false, false, 'stable'])
      alice.end.close()
      bob.end.close()
    }
    // Two sides that ask at the same time share what is made, and so do two rounds.
    expect(offers() - links).toBeGreaterThan(links * rounds * 0.5)
  })

  test('Q4: 200 rounds of tracks that come, go and change at both ends at once end with the right ones', async () => {
    const random = new Random('churn')
    const { alice, bob } = await openMedia()
    const shades = [30, 70, 110, 150, 190, 230]
    const pool = shades.map(video)
    const sides = [
      { end: alice, other: bob, first: 1, sent: new Map<number, number>() },
      { end: bob, other: alice, first: 10_000, sent: new Map<number, number>() },
    ]
    let next = 1
    const change = ({ end, sent, first }: (typeof sides)[number]): void => {
      const known = [...sent.keys()]
      const draw = random.integer(0, 9)
      if (known.length > 0 && (draw < 4 || known.length === 8)) {
        const label = random.pick(known)
        sent.delete(label)
        end.media.stop(label)
        return
      }
      const label = known.length > 0 && draw < 6 ? random.pick(known) : first + next++
      const shade = random.integer(0, shades.length - 1)
      sent.set(label, shade)
      void end.media.send(label, 'video', pool[shade] ?? null)
    }
    const isAgreed = ({ sent, other, first }: (typeof sides)[number]): boolean =>
      labelsOf(
        other,
        Array.from({ length: next }, (_, i) => first + i),
      ).join() === [...sent.keys()].sort((one, two) => one - two).join()
    for (let round = 0; round < 200; round++) {
      for (const side of sides) for (let i = random.integer(1, 3); i > 0; i--) change(side)
      if (random.chance(0.4)) continue
      await Promise.all(sides.map((side) => side.other.until(() => isAgreed(side))))
    }
    await Promise.all(sides.map((side) => side.other.until(() => isAgreed(side))))
    for (const { sent, other } of sides) {
      for (const [label, shade] of sent) await shows(await other.arrives(label), shades[shade] ?? 0)
    }
  })

  test('Q2: sixteen tracks of each kind from both sides at once find room, and the next one of them does not', async () => {
    const { alice, bob } = await openMedia()
    const [picture, sound] = [video(90), audio()]
    const labels = Array.from({ length: 32 }, (_, i) => i)
    for (const end of [alice, bob]) {
      for (const label of labels) {
        const isVideo = label < 16
        void end.media.send(label, isVideo ? 'video' : 'audio', isVideo ? picture : sound)
      }
      void end.media.send(99, 'video', picture)
    }
    await Promise.all([alice, bob].map((end) => end.until(() => labelsOf(end, labels).length === 32)))
    expect([alice, bob].map((end) => end.media.track(99))).toEqual([null, null])
    alice.media.stop(0)
    await shows(await bob.arrives(99), 90)
  })

  test('Q5: what the other side says before the media are taken up is not lost', async () => {
    const ends = await openMediaLink()
    const alice = new MediaEnd(ends.alice)
    await alice.media.send(1, 'video', video(40))
    await vi.waitUntil(() => portOf(ends.alice).connection.signalingState === 'have-local-offer')
    // What is sent comes in order: when this is there, so is the offer.
    ends.alice.write('reliable', Uint8Array.of(1))
    await ends.bob.until(() => ends.bob.count('bytes') === 1)
    const bob = new MediaEnd(ends.bob)
    await shows(await bob.arrives(1), 40)
  })

  test('a link that closes ends it at both ends, and what is sent after that resolves', async () => {
    const { alice, bob } = await openMedia()
    const track = video(40)
    await alice.media.send(1, 'video', track)
    await bob.arrives(1)
    alice.end.close()
    await Promise.all([alice, bob].map((end) => end.until(() => end.isClosed)))
    expect(bob.media.track(1)).toBeNull()
    await expect(alice.media.send(2, 'video', track)).resolves.toBeUndefined()
    alice.media.stop(1)
    alice.media.release()
  })

  test('a link that closes in the middle of an exchange ends it quietly', async () => {
    const { alice, bob } = await openMedia()
    const sent = [alice.media.send(1, 'video', video(40)), bob.media.send(2, 'video', video(80))]
    await Promise.resolve()
    bob.end.close()
    await Promise.all([alice, bob].map((end) => end.until(() => end.isClosed)))
    await Promise.all(sent)
  })

  test('whoever takes up the media of a link that is gone is told so', async () => {
    const ends = await openMediaLink()
    const late = ends.alice.link.media
    ends.alice.close()
    await new Promise<void>((resolve) => {
      late?.take({ onText: () => undefined, onClose: resolve })
    })
  })

  test('a track of another engine is refused with what the engine says', async () => {
    const { alice, bob } = await openMedia()
    await alice.media.send(1, 'video', video(40))
    await bob.arrives(1)
    await expect(alice.media.send(1, 'video', { kind: 'video' } as MediaStreamTrack)).rejects.toThrow()
    expect(alice.isClosed).toBe(false)
  })

  test('says no more after it was released', async () => {
    const { alice, bob } = await openMedia()
    await alice.media.send(1, 'video', video(40))
    await bob.arrives(1)
    const before = alice.changes
    alice.media.release()
    await bob.media.send(2, 'video', video(80))
    bob.end.write('reliable', Uint8Array.of(1))
    await alice.end.until(() => alice.end.count('bytes') === 1)
    expect([alice.changes, alice.media.track(2), alice.isClosed]).toEqual([before, null, false])
  })
})
