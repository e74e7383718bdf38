import { describe, expect, it } from 'vitest'
import { open, seal } from '../../../sdk/crypto/aead.js'
import { IKPSK1, NoiseHandshake, XX, type NoisePattern, type NoiseToken } from '../../../sdk/crypto/noise.js'
import cacophony from '../../vectors/noise-cacophony.json' with { type: 'json' }
import flynn from '../../vectors/noise-flynn.json' with { type: 'json' }
import { hex, sodium, unhex } from './setup.js'

/** One run, whoever wrote it down. */
interface Vector {
  readonly name: string
  readonly prologue: string
  readonly psk: string | null
  readonly initiator: { readonly s: string | null; readonly e: string }
  readonly responder: { readonly s: string | null; readonly e: string }
  readonly hash: string | null
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[]
  /** Whether the two go on taking turns once the handshake is through; else the initiator begins anew. */
  readonly keepsTurns: boolean
}

const tokens = (...messages: string[]): NoiseToken[][] => messages.map((message) => message.split(' ') as NoiseToken[])

/** Patterns that are not used here: whatever runs those that are should run these as well. */
const others: Readonly<Record<string, Omit<NoisePattern, 'name'>>> = {
  NN: { known: [], messages: tokens('e', 'e ee') },
  NNpsk0: { known: [], messages: tokens('psk e', 'e ee') },
  NNpsk2: { known: [], messages: tokens('e', 'e ee psk') },
  KK: { known: ['initiator', 'responder'], messages: tokens('e es ss', 'e ee se') },
  KKpsk0: { known: ['initiator', 'responder'], messages: tokens('psk e es ss', 'e ee se') },
  KKpsk2: { known: ['initiator', 'responder'], messages: tokens('e es ss', 'e ee se psk') },
  IX: { known: [], messages: tokens('e s', 'e ee se s es') },
  IXpsk2: { known: [], messages: tokens('e s', 'e ee se s es psk') },
  IK: { known: ['responder'], messages: tokens('e es s ss', 'e ee se') },
  IKpsk2: { known: ['responder'], messages: tokens('e es s ss', 'e ee se psk') },
  XXpsk3: { known: [], messages: tokens('e', 'e ee s es', 's se psk') },
}

const patternOf = (name: string): NoisePattern => {
  const used = [IKPSK1, XX].find((pattern) => pattern.name === name)
  if (used !== undefined) return used
  const [, short = '', suite] = /^Noise_(\w+?)_(25519_ChaChaPoly_BLAKE2b)$/.exec(name) ?? []
  const pattern = others[short]
  if (pattern === undefined || suite === undefined) throw new Error(`no pattern for ${name}`)
  return { name, ...pattern }
}

const fromCacophony: Vector[] = cacophony.vectors.map((vector) => ({
  name: vector.protocol_name,
  prologue: vector.init_prologue,
  psk: vector.init_psks?.[0] ?? null,
  initiator: { s: vector.init_static, e: vector.init_ephemeral },
  responder: { s: vector.resp_static, e: vector.resp_ephemeral },
  hash: vector.handshake_hash,
  messages: vector.messages,
  keepsTurns: true,
}))

const fromFlynn: Vector[] = flynn.vectors.map((vector: Readonly<Record<string, string>>) => ({
  name: vector.handshake ?? '',
  prologue: vector.prologue ?? '',
  psk: vector.preshared_key ?? null,
  initiator: { s: vector.init_static ?? null, e: vector.gen_init_ephemeral ?? '' },
  responder: { s: vector.resp_static ?? null, e: vector.gen_resp_ephemeral ?? '' },
  hash: null,
  messages: [0, 1, 2, 3, 4].flatMap((number) => {
    const [payload, ciphertext] = [vector[`msg_${number}_payload`], vector[`msg_${number}_ciphertext`]]
    return payload === undefined || ciphertext === undefined ? [] : [{ payload, ciphertext }]
  }),
  keepsTurns: false,
}))

const keysOf = (secret: string | null) => {
  // A pattern without a static key never looks at it.
  const secretKey = secret === null ? new Uint8Array(32).fill(1) : unhex(secret)
  return { publicKey: sodium.crypto_scalarmult_base(secretKey), secretKey }
}

const startBoth = ({ name, prologue, psk, initiator, responder }: Vector) => {
  const pattern = patternOf(name)
  const [i, r] = [keysOf(initiator.s), keysOf(responder.s)]
  const shared = { sodium, pattern, prologue: unhex(prologue), psk: psk === null ? null : unhex(psk) }
  const isKnown = (role: 'initiator' | 'responder') => pattern.known.includes(role)
  const initiating = new NoiseHandshake({
    ...shared,
    role: 'initiator',
    random: () => unhex(initiator.e),
    s: i,
    rs: isKnown('responder') ? r.publicKey : null,
  })
  const answering = new NoiseHandshake({
    ...shared,
    role: 'responder',
    random: () => unhex(responder.e),
    s: r,
    rs: isKnown('initiator') ? i.publicKey : null,
  })
  return { pattern, initiating, answering }
}

const none = new Uint8Array()

describe.each([
  ['cacophony', fromCacophony],
  ['flynn/noise', fromFlynn],
])('published vectors of %s', (_source, vectors) => {
  it('are of the two patterns that are used here, and of others', () => {
    const names = vectors.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([IKPSK1.name, XX.name]))
    for (const { messages } of vectors) expect(messages.length).toBeGreaterThanOrEqual(4)
  })

  it.each(vectors)('N1: $name, run $#: every message, the hash, and what follows, byte for byte', (vector) => {
    const { pattern, initiating, answering } = startBoth(vector)
    const ends = [initiating, answering] as const
    const split = () => ends.map((end) => end.split())
    for (const [at, { payload, ciphertext }] of vector.messages.entries()) {
      const isHandshake = at < pattern.messages.length
      const turn = isHandshake || vector.keepsTurns ? at : at - pattern.messages.length
      const from = turn % 2 === 0 ? 0 : 1
      if (isHandshake) {
        expect(hex(ends[from].write(unhex(payload)))).toBe(ciphertext)
        expect(hex(ends[1 - from]?.read(unhex(ciphertext)) ?? none)).toBe(payload)
      } else {
        const [sender, receiver] = from === 0 ? split() : split().reverse()
        if (sender === undefined || receiver === undefined) throw new Error('two ends')
        const counter = Math.floor((at - pattern.messages.length) / 2)
        expect(hex(seal(sodium, sender.send, counter, none, unhex(payload)))).toBe(ciphertext)
        expect(hex(open(sodium, receiver.receive, counter, none, unhex(ciphertext)) ?? none)).toBe(payload)
      }
    }
    for (const { hash } of split()) {
      expect(hash).toHaveLength(64)
      if (vector.hash !== null) expect(hex(hash)).toBe(vector.hash)
    }
  })
})
