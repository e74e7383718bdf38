import { expect, it, onTestFinished } from 'vitest'
import { packSdp } from '../../sdk/link/sdp-codec.js'
import { startRecordingProxy } from './recording-proxy.js'
import { setup, untilAllDirect, untilAllTalk, useBrowser, type PageMember } from './support.js'

useBrowser()

/** What a session description and its candidates are made of. */
const descriptionText = ['a=candidate', 'candidate:', '.local', 'ice-ufrag', 'ice-pwd', 'fingerprint', 'v=0', 'sdp']

/** Parts of every description that Chromium makes, as they travel in the sealed frames. */
const packedParts = [
  [
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
  ],
  ['a=mid:0', 'a=sctp-port:5000', 'a=max-message-size:262144'],
].map((lines) => {
  const packed = packSdp(lines.map((line) => `${line}\r\n`).join(''))
  if (packed === null) throw new Error(`cannot be packed: ${lines.join()}`)
  return Buffer.from(packed)
})

/** A text as it could be written: plain, in UTF-16, in hexadecimal, and in base64 at each of three offsets. */
const spellings = (text: string): Buffer[] => {
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from('x'.repeat(offset) + text).toString('base64')
    // The characters at both ends depend on the neighbors.
    return encoded.slice(offset === 0 ? 0 : 4, -4)
  })
  const utf16 = Buffer.from(text, 'utf16le')
  const texts = [text, Buffer.from(text).toString('hex'), ...base64.filter((part) => part.length >= 6)]
  return [...texts.map((part) => Buffer.from(part)), utf16, Buffer.from(utf16).swap16()]
}

/** Whom a member sees, with its identity for life or for this join. */
const identitiesSeenBy = (member: PageMember | undefined): Promise<string[]> =>
  member?.me.evaluate(({ group }) => group.peers.map(({ identity }) => identity)) ?? Promise.resolve([])

it('S21: what passes the signaling server holds no message, name, identity, key, address or session description', async () => {
  const { signaling, key, join } = await setup()
  const proxy = await startRecordingProxy(signaling.url)
  onTestFinished(() => proxy.close())
  const names = ['Marigold-Marker-Ada', 'Marigold-Marker-Bob', 'Marigold-Marker-Carol']
  const members = []
  for (const name of names) members.push(await join({ signaling: proxy.url, profile: { name }, identity: name }))
  await untilAllDirect(members)
  await untilAllTalk(members, 'Juniper-Marker-Message')
  // Members that leave and lose each other say things of their own.
  await members[0]?.me.evaluate(async ({ group }, groupKey) => {
    await group.leave()
    await group.join(groupKey)
  }, key)
  await members[1]?.me.evaluate((me) => me.untilMembers(3))
  // One that is as fresh as its join, too.
  const passing = await join({ signaling: proxy.url })
  await members[1]?.me.evaluate((me) => me.untilMembers(4))
  await passing.me.evaluate((me) => me.untilMembers(4))
  const identities = new Set([...(await identitiesSeenBy(members[1])), ...(await identitiesSeenBy(passing))])
  expect(identities.size).toBe(4)

  const up = Buffer.concat(proxy.recorded.up)
  const down = Buffer.concat(proxy.recorded.down)
  expect(up.length).toBeGreaterThan(1_000)
  expect(down.length).toBeGreaterThan(1_000)
  const secret = Buffer.from(key.replace('sk1_', ''), 'base64url')
  const ownBytes = [secret, secret.subarray(2), secret.subarray(2, 18), secret.subarray(-16)]
  for (const [direction, bytes] of [
    ['up', up],
    ['down', down],
  ] as const) {
    for (const marker of [...names, 'Marigold-Marker', 'Juniper-Marker', key, key.slice(4)]) {
      for (const spelling of spellings(marker)) expect(bytes.includes(spelling), `${direction}: ${marker}`).toBe(false)
    }
    for (const text of descriptionText) {
      // Three bytes turn up in random ones by chance; what is longer must be nowhere in any spelling.
      const looked = text.length < 5 ? [] : spellings(text)
      for (const spelling of looked) expect(bytes.includes(spelling), `${direction}: ${text}`).toBe(false)
    }
    expect(/v=0\r\n|o=- \d/.test(bytes.toString('latin1')), `${direction}: v=0`).toBe(false)
    for (const part of packedParts) expect(bytes.includes(part), `${direction}: packed SDP`).toBe(false)
    for (const part of ownBytes) expect(bytes.includes(part), `${direction}: the secret`).toBe(false)
    for (const identity of identities) {
      const raw = Buffer.from(identity, 'base64url')
      expect(raw).toHaveLength(32)
      const written = [identity, raw.toString('base64'), raw.toString('hex'), raw.toString('hex').toUpperCase()]
      for (const form of [raw, ...written.flatMap(spellings)]) {
        expect(bytes.includes(form), `${direction}: an identity`).toBe(false)
      }
    }
  }
  // The request has a host and an origin, which are loopback here; beyond those no address shows.
  const frames = Buffer.concat([...proxy.recorded.up.filter((entry) => !entry.includes('Sec-WebSocket')), down])
  expect(/\b(?:\d{1,3}\.){3}\d{1,3}\b/.test(frames.toString('latin1'))).toBe(false)
})
