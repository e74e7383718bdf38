import { describe, expect, it } from 'vitest'
import { Invitation, InvitationAnswer } from '../../../sdk/crypto/invitation.js'
import { InvitationError } from '../../../sdk/crypto/invitation-error.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { encodeBotCertificate, encodeSealed, MAX_INVITE_FRAME_BYTES } from '../../../sdk/protocol/invite-frames.js'
import { NoiseHandshake, XX } from '../../../sdk/crypto/noise.js'
import { sign } from '../../../sdk/crypto/signature.js'
import type { KeyPair } from '../../../sdk/crypto/suite.js'
import { Random } from '../../support/random.js'
import { hex, smallOrderPoints, sodium, unhex } from './setup.js'

const key = 'sk1_a-key-of-no-group'
const comes = { type: 'comes', member: new Uint8Array(16).fill(9) } as const

const identityOf = (seed: string) => {
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(new Random(seed).bytes(32))
  return { publicKey, secretKey: privateKey }
}

const setup = (options: { readonly seed?: string; readonly key?: string; readonly pin?: Uint8Array | null } = {}) => {
  const random = new Random(`invitation ${options.seed ?? ''}`)
  const source = { sodium, random: (size: number) => random.bytes(size) }
  const identity = identityOf('bot')
  const member = new Invitation({ ...source, key: options.key ?? key, pin: options.pin ?? null })
  const bot = new InvitationAnswer({ ...source, identity })
  return { member, bot, identity, source }
}

/** Up to the turn that is named, with the frame that belongs there. */
const until = (turn: 'invite' | 'proof' | 'key' | 'reply', options: Parameters<typeof setup>[0] = {}) => {
  const pair = setup(options)
  const { member, bot } = pair
  if (turn === 'invite') return { ...pair, frame: member.frame, take: (it: Uint8Array) => bot.handleInvite(it) }
  const proof = bot.handleInvite(member.frame)
  if (turn === 'proof') return { ...pair, frame: proof, take: (it: Uint8Array) => member.handleProof(it) }
  const sealed = member.handleProof(proof)
  if (turn === 'key') return { ...pair, frame: sealed, take: (it: Uint8Array) => bot.handleKey(it) }
  bot.handleKey(sealed)
  return { ...pair, frame: bot.reply(comes), take: (it: Uint8Array) => member.handleReply(it) }
}

const turns = ['invite', 'proof', 'key', 'reply'] as const

const failure = (fn: () => unknown): unknown => {
  try {
    fn()
  } catch (error) {
    return error instanceof InvitationError ? error.reason : error
  }
  return 'none'
}

describe('an invitation', () => {
  it('I1: takes the key to the bot and the reply back, in four frames', () => {
    const { member, bot, identity } = setup()
    const proof = bot.handleInvite(member.frame)
    const sealed = member.handleProof(proof)
    expect(member.identity).toEqual(identity.publicKey)
    expect(bot.handleKey(sealed)).toBe(key)
    const reply = bot.reply(comes)
    expect(member.handleReply(reply)).toEqual(comes)
    expect([member.frame, proof, sealed, reply].map(([code]) => code)).toEqual([0x41, 0x42, 0x43, 0x44])
  })

  it('carries a refusal', () => {
    const { member, bot } = setup()
    bot.handleKey(member.handleProof(bot.handleInvite(member.frame)))
    expect(member.handleReply(bot.reply({ type: 'refused', reason: 2 }))).toEqual({ type: 'refused', reason: 2 })
  })

  it.each([
    ['512 characters of three bytes', '漢'.repeat(512)],
    ['one character', 'x'],
    ['256 characters of four bytes, two units each', '🪿'.repeat(256)],
  ])('I1: takes a key of %s in a frame within the limit', (_what, long) => {
    const { bot, frame } = until('key', { key: long })
    expect(frame.length).toBeLessThanOrEqual(MAX_INVITE_FRAME_BYTES)
    expect(bot.handleKey(frame)).toBe(long)
  })

  it('hides how long the key is, up to 256 bytes at a time', () => {
    expect(until('key', { key: 'x' }).frame.length).toBe(until('key', { key }).frame.length)
  })

  it('I3: shows neither key nor reply to who carries it, and never the same bytes twice', () => {
    const frames = ['one', 'two'].map((seed) => {
      const { member, bot } = setup({ seed })
      const proof = bot.handleInvite(member.frame)
      const sealed = member.handleProof(proof)
      bot.handleKey(sealed)
      return [member.frame, proof, sealed, bot.reply(comes)].map(hex)
    })
    for (const frame of frames.flat()) {
      expect(frame).not.toContain(hex(Buffer.from(key)))
      expect(frame).not.toContain(hex(comes.member))
    }
    expect(new Set(frames.flat()).size).toBe(8)
  })

  it('I2: hands the key to the identity that was named, and to no other', () => {
    const right = until('proof', { pin: identityOf('bot').publicKey })
    expect(right.member.handleProof(right.frame)[0]).toBe(FRAME.KEY)
    const wrong = until('proof', { pin: identityOf('another').publicKey })
    expect(failure(() => wrong.take(wrong.frame))).toBe('other-identity')
  })

  it('I2: takes no proof of the right identity from who sits in between with keys of its own', () => {
    const pin = identityOf('bot').publicKey
    const { member, bot, source } = setup({ pin })
    const between = new Invitation({ ...source, key, pin: null })
    // The bot proves itself to the one in between, whose ephemeral it agreed with.
    expect(failure(() => member.handleProof(bot.handleInvite(between.frame)))).toBe('forged')
  })

  it.each(turns)('I1: ends with the frame of turn %s changed in any byte, cut or lengthened', (turn) => {
    const { frame } = until(turn)
    for (let at = 0; at < frame.length; at++) {
      const damaged = frame.slice()
      damaged[at] = (damaged[at] as number) ^ 0x40
      const attempt = until(turn)
      // Another ephemeral is another member: its bot answers, and the proof does not fit.
      if (turn === 'invite' && at >= 2) {
        const proof = attempt.bot.handleInvite(damaged)
        expect(failure(() => attempt.member.handleProof(proof))).toBe('forged')
      } else expect(failure(() => attempt.take(damaged))).toMatch(/^(damaged|forged)$/)
    }
    for (const odd of [frame.subarray(0, -1), frame.subarray(0, 1), new Uint8Array(), new Uint8Array([...frame, 0])]) {
      expect(failure(() => until(turn).take(odd))).toMatch(/^(damaged|forged)$/)
    }
  })

  it.each(turns)('I1: takes no frame of another turn for that of turn %s', (turn) => {
    for (const other of turns) {
      if (other !== turn) expect(failure(() => until(turn).take(until(other).frame))).toBe('damaged')
    }
  })

  it.each(['key', 'reply'] as const)('I1: takes no %s of another exchange', (turn) => {
    expect(failure(() => until(turn).take(until(turn, { seed: 'another' }).frame))).toBe('forged')
  })

  it.each(smallOrderPoints.map(hex))('N3: takes no ephemeral key that would make the secret known: %s', (point) => {
    const invite = Uint8Array.of(FRAME.INVITE, 1, ...unhex(point))
    expect(failure(() => setup().bot.handleInvite(invite))).toBe('forged')
    const { member, frame: proof } = until('proof')
    proof.set(unhex(point), 1)
    expect(failure(() => member.handleProof(proof))).toBe('forged')
  })

  /** A bot that shakes hands as it should, and shows what it is told to. */
  const answerWith = (invite: Uint8Array, certificate: (s: KeyPair) => Uint8Array) => {
    const random = new Random('another bot')
    const secretKey = random.bytes(32)
    const s = { publicKey: sodium.crypto_scalarmult_base(secretKey), secretKey }
    const label = new TextEncoder().encode('skein/v1/bot-invite')
    const handshake = new NoiseHandshake({
      sodium,
      random: (size) => random.bytes(size),
      pattern: XX,
      role: 'responder',
      prologue: Uint8Array.of(label.length, 0, 0, 0, ...label),
      s,
    })
    handshake.read(invite.subarray(2))
    return { proof: encodeSealed(FRAME.PROOF, handshake.write(certificate(s))), handshake }
  }

  it('I8: takes for the bot who shows the signature of its identity over the key that it shakes hands with', () => {
    const { member, identity } = setup({ pin: identityOf('bot').publicKey })
    const { proof } = answerWith(member.frame, (s) => {
      const signature = sign(sodium, identity.secretKey, 'bot-cert', s.publicKey)
      return encodeBotCertificate({ identity: identity.publicKey, signature })
    })
    expect(member.handleProof(proof)[0]).toBe(FRAME.KEY)
    expect(member.identity).toEqual(identity.publicKey)
  })

  it.each<[string, string, (s: KeyPair, bot: KeyPair) => Uint8Array]>([
    ['over another key', 'forged', (_s, bot) => sign(sodium, bot.secretKey, 'bot-cert', new Uint8Array(32).fill(3))],
    ['for another purpose', 'forged', (s, bot) => sign(sodium, bot.secretKey, 'cert', s.publicKey)],
    ['without a purpose', 'forged', (s, bot) => sodium.crypto_sign_detached(s.publicKey, bot.secretKey)],
    ['of another identity', 'forged', (s) => sign(sodium, identityOf('x').secretKey, 'bot-cert', s.publicKey)],
    ['of 63 bytes', 'damaged', (s, bot) => sign(sodium, bot.secretKey, 'bot-cert', s.publicKey).subarray(1)],
  ])('I2, I8: sends no key for a signature %s', (_what, reason, signatureOf) => {
    const { member, identity } = setup({ pin: identityOf('bot').publicKey })
    const { proof } = answerWith(member.frame, (s) =>
      encodeBotCertificate({ identity: identity.publicKey, signature: signatureOf(s, identity) }),
    )
    expect(failure(() => member.handleProof(proof))).toBe(reason)
    expect(member.identity).toBeNull()
  })

  it('I8: does not show to the bot, in two invitations, that one member makes both', () => {
    const random = new Random('one member')
    const { identity } = setup()
    const seen = [1, 2].map(() => {
      const member = new Invitation({ sodium, random: (size) => random.bytes(size), key, pin: null })
      const { proof, handshake } = answerWith(member.frame, (s) => {
        const signature = sign(sodium, identity.secretKey, 'bot-cert', s.publicKey)
        return encodeBotCertificate({ identity: identity.publicKey, signature })
      })
      expect(handshake.read(member.handleProof(proof).subarray(1))).not.toBeNull()
      return hex(handshake.remoteStatic ?? new Uint8Array())
    })
    expect(new Set([...seen, '']).size).toBe(3)
  })

  it('says damaged to calls out of turn', () => {
    const { frame: sealed } = until('key')
    const { frame: reply } = until('reply')
    expect(failure(() => setup().bot.handleKey(sealed))).toBe('damaged')
    expect(failure(() => setup().bot.reply(comes))).toBe('damaged')
    expect(failure(() => setup().member.handleReply(reply))).toBe('damaged')
    const { member, frame: proof } = until('proof')
    member.handleProof(proof)
    expect(failure(() => member.handleProof(proof))).toBe('damaged')
    const { bot, frame: key } = until('key')
    bot.handleKey(key)
    expect(failure(() => bot.handleKey(key))).toBe('damaged')
    // Its nonce is fixed, so a second one would give both away.
    bot.reply(comes)
    expect(failure(() => bot.reply(comes))).toBe('damaged')
  })
})
