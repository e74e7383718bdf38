import { describe, expect, onTestFinished, test } from 'vitest'
import type { MediaPort } from '../../../sdk/link/media.js'
import { createVideo, shows } from '../../support/wrtc-media.js'
import type { LinkEnd } from '../../contract/link.js'
import { MediaEnd, openMediaLink, portOf } from './media-setup.js'

const closeReason = async (end: LinkEnd): Promise<string | undefined> => {
  await end.until(() => end.closeReason !== undefined)
  return end.closeReason
}

/** What the other side says, text by text. */
const listen = (port: MediaPort) => {
  const texts: string[] = []
  let wake = (): void => undefined
  port.take({
    onText: (text) => {
      texts.push(text)
      wake()
    },
    onClose: () => undefined,
  })
  return async (): Promise<Record<string, unknown>> => {
    while (texts.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return JSON.parse(texts.shift() ?? '') as Record<string, unknown>
  }
}

const video = (): MediaStreamTrack => {
  const made = createVideo(90)
  onTestFinished(made.stop)
  return made.track
}

/** Alice makes the offers and keeps the rules; Bob answers with his own hands. */
const openVillainousAnswerer = async () => {
  const ends = await openMediaLink()
  const next = listen(portOf(ends.bob))
  const alice = new MediaEnd(ends.alice)
  return { alice, next, bob: portOf(ends.bob) }
}

/** Bob keeps the rules; Alice offers with her own hands. */
const openVillainousOfferer = async () => {
  const ends = await openMediaLink()
  const next = listen(portOf(ends.alice))
  const bob = new MediaEnd(ends.bob)
  return { bob, next, alice: portOf(ends.alice) }
}

const offerOf = async ({ connection }: MediaPort, kinds: readonly string[]): Promise<string> => {
  for (const kind of kinds) connection.addTransceiver(kind, { direction: 'sendrecv' })
  return (await connection.createOffer()).sdp ?? ''
}

describe('MediaNegotiation and a peer that breaks the rules', { timeout: 30_000 }, () => {
  test.each([
    ['no JSON', '{nonsense', 'text that says nothing'],
    ['JSON of something else', '{"offer":1,"labels":[]}', 'text that says nothing'],
    ['an offer from who answers', '{"offer":"v=0","labels":[]}', 'offer out of turn'],
  ])('Q2, Q5: %s closes the link', async (_what, text, reason) => {
    const { alice, bob } = await openVillainousAnswerer()
    bob.send(text)
    expect(await closeReason(alice.end)).toBe(`media: ${reason}`)
    expect(alice.isClosed).toBe(true)
  })

  test.each([
    ['a wish for slots from who makes them', '{"want":[1,1]}', 'asked for slots by who makes them'],
    ['an answer from who offers', '{"answer":"v=0","labels":[]}', 'answer out of turn'],
  ])('Q2: %s closes the link', async (_what, text, reason) => {
    const { bob, alice } = await openVillainousOfferer()
    alice.send(text)
    expect(await closeReason(bob.end)).toBe(`media: ${reason}`)
  })

  test('Q5: a second text before the media are taken up closes the link', async () => {
    const { alice, bob } = await openMediaLink()
    portOf(alice).send('{"want":[1,0]}')
    portOf(alice).send('{"want":[2,0]}')
    expect(await closeReason(bob)).toBe('media: more before it was wanted')
  })

  test('Q5: a text that is longer than any closes the link', async () => {
    const { alice, bob } = await openMediaLink()
    portOf(alice).send(`{${' '.repeat(131_072)}`)
    expect(await closeReason(bob)).toBe('text where bytes belong')
  })

  test('Q2: whoever wants the most slots gets them once, however often it asks', async () => {
    const { alice, next, bob } = await openVillainousAnswerer()
    const wantAll = (): void => {
      for (let i = 0; i < 50; i++) bob.send('{"want":[16,16]}')
    }
    wantAll()
    const made: number[] = []
    const answerOffers = async (): Promise<Record<string, unknown>> => {
      for (;;) {
        const said = await next()
        if (!('offer' in said)) return said
        await bob.connection.setRemoteDescription({ type: 'offer', sdp: String(said['offer']) })
        for (const transceiver of bob.connection.getTransceivers()) transceiver.direction = 'sendrecv'
        const answer = await bob.connection.createAnswer()
        await bob.connection.setLocalDescription(answer)
        made.push(bob.connection.getTransceivers().length)
        bob.send(JSON.stringify({ answer: answer.sdp, labels: [] }))
        wantAll()
        if (made.at(-1) === 32) await alice.media.send(1, 'video', video())
      }
    }
    expect(await answerOffers()).toEqual({ labels: [[expect.any(String), 1]] })
    expect([made.at(-1), made.length <= 2, alice.isClosed]).toEqual([32, true, false])
  })

  const other = `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`
  test.each<[string, (sdp: string) => string, RegExp]>([
    ['another certificate', (sdp) => sdp.replaceAll(/a=fingerprint:.*/g, other), /another certificate/],
    ['a second certificate', (sdp) => sdp.replace(/a=fingerprint:.*/, other), /another certificate/],
    ['no certificate', (sdp) => sdp.replaceAll(/a=fingerprint:.*\r\n/g, ''), /another certificate/],
    ['ICE begun anew', (sdp) => sdp.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:abcd'), /another transport/],
    ['a section left out', (sdp) => sdp.slice(0, sdp.lastIndexOf('m=')), /BUNDLE|number of slots|transport of its own/],
    ['a slot for one way', (sdp) => sdp.replaceAll('a=sendrecv', 'a=recvonly'), /not open both ways/],
    ['a slot refused', (sdp) => sdp.replace(/m=video \d+/, 'm=video 0'), /not open both ways/],
    ['a transport of its own', (sdp) => sdp.replace(/a=group:BUNDLE .*/, 'a=group:BUNDLE 0'), /transport of its own/],
    ['a section of another name', (sdp) => sdp.replace('a=mid:0', 'a=mid:9'), /sections that were there are not/],
    ['no sections', () => `v=0\r\n${other}\r\n`, /another certificate/],
    ['nothing', () => '', /another certificate/],
  ])('Q3: an answer with %s closes the link', async (_what, change, reason) => {
    const { alice, next, bob } = await openVillainousAnswerer()
    await alice.media.send(1, 'video', video())
    const { offer } = await next()
    await bob.connection.setRemoteDescription({ type: 'offer', sdp: String(offer) })
    for (const transceiver of bob.connection.getTransceivers()) transceiver.direction = 'sendrecv'
    const { sdp = '' } = await bob.connection.createAnswer()
    expect(change(sdp)).not.toBe(sdp)
    bob.send(JSON.stringify({ answer: change(sdp), labels: [] }))
    expect(await closeReason(alice.end)).toMatch(reason)
  })

  test('Q2: a second answer closes the link', async () => {
    const { alice, next, bob } = await openVillainousAnswerer()
    await alice.media.send(1, 'video', video())
    const { offer } = await next()
    await bob.connection.setRemoteDescription({ type: 'offer', sdp: String(offer) })
    for (const transceiver of bob.connection.getTransceivers()) transceiver.direction = 'sendrecv'
    const { sdp = '' } = await bob.connection.createAnswer()
    const text = JSON.stringify({ answer: sdp, labels: [] })
    bob.send(text)
    bob.send(text)
    expect(await closeReason(alice.end)).toBe('media: answer out of turn')
  })

  test.each<[string, readonly string[], (sdp: string) => string, RegExp]>([
    ['another certificate', ['video'], (sdp) => sdp.replaceAll(/a=fingerprint:.*/g, other), /another certificate/],
    ['nothing new', [], (sdp) => sdp, /another number of slots/],
    ['one slot of a kind too many', Array.from({ length: 17 }, () => 'video'), (sdp) => sdp, /too much video/],
    ['a slot for one way', ['video'], (sdp) => sdp.replace('a=sendrecv', 'a=sendonly'), /not open both ways/],
    ['a section of text', ['video'], (sdp) => sdp.replace('m=video', 'm=text'), /section of another kind/],
    ['a second connection for data', ['video'], (sdp) => sdp.replace('m=video', 'm=application'), /another kind/],
    ['two sections of one name', ['video', 'audio'], (sdp) => sdp.replace('a=mid:2', 'a=mid:1'), /names of their own/],
    ['what no engine reads', ['video'], (sdp) => sdp.replace(/a=rtpmap:.*/, 'a=rtpmap:x'), /failed|both ways/],
  ])('Q3: an offer with %s closes the link', async (_what, kinds, change, reason) => {
    const { bob, alice } = await openVillainousOfferer()
    alice.send(JSON.stringify({ offer: change(await offerOf(alice, kinds)), labels: [] }))
    expect(await closeReason(bob.end)).toMatch(reason)
  })

  test('Q3: descriptions that grow without end end at the limit of slots', async () => {
    const { bob, next, alice } = await openVillainousOfferer()
    const { connection } = alice
    for (let round = 1; round <= 16; round++) {
      await connection.setLocalDescription({ type: 'offer', sdp: await offerOf(alice, ['video']) })
      alice.send(JSON.stringify({ offer: connection.localDescription?.sdp, labels: [] }))
      const { answer } = await next()
      await connection.setRemoteDescription({ type: 'answer', sdp: String(answer) })
    }
    alice.send(JSON.stringify({ offer: await offerOf(alice, ['video']), labels: [] }))
    expect(await closeReason(bob.end)).toMatch(/too much video/)
  })

  test('Q2: a second offer while the first is being answered closes the link', async () => {
    const { bob, alice } = await openVillainousOfferer()
    const text = JSON.stringify({ offer: await offerOf(alice, ['video']), labels: [] })
    alice.send(text)
    alice.send(text)
    expect(await closeReason(bob.end)).toBe('media: offer out of turn')
  })

  test('Q4: labels of slots that are not there, or of the channels, are nothing', async () => {
    const { alice, next, bob } = await openVillainousAnswerer()
    bob.send('{"labels":[["0",5],["7",6],["",7]]}')
    await alice.until(() => alice.changes > 0)
    expect([5, 6, 7].map((label) => alice.media.track(label))).toEqual([null, null, null])
    await alice.media.send(1, 'video', video())
    expect(Object.keys(await next())).toEqual(['offer', 'labels'])
  })

  test('Q2: an offer that is never answered leaves the link as it is', async () => {
    const { alice, next } = await openVillainousAnswerer()
    await alice.media.send(1, 'video', video())
    await next()
    await alice.media.send(2, 'video', video())
    alice.media.stop(1)
    alice.end.write('reliable', Uint8Array.of(1))
    expect([alice.isClosed, alice.end.closeReason]).toEqual([false, undefined])
  })

  test('Q4: what arrives goes on while the other side says one thing after the other', async () => {
    const { bob, next, alice } = await openVillainousOfferer()
    const { connection } = alice
    const slot = connection.addTransceiver('video', { direction: 'sendrecv' })
    await slot.sender.replaceTrack(video())
    const offer = await connection.createOffer()
    await connection.setLocalDescription(offer)
    alice.send(JSON.stringify({ offer: offer.sdp, labels: [[slot.mid, 1]] }))
    const { answer } = await next()
    await connection.setRemoteDescription({ type: 'answer', sdp: String(answer) })
    for (let label = 2; label < 500; label++) alice.send(JSON.stringify({ labels: [[slot.mid, label]] }))
    await shows(await bob.arrives(499), 90)
    expect(bob.media.track(498)).toBeNull()
  })
})
