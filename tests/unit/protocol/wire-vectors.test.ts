import { createHash, createHmac } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import sodium from 'libsodium-wrappers'
import { createWireVectors } from '../../support/wire-vectors.js'
import vectors from '../../vectors/wire.json' with { type: 'json' }

/**
 * Everything below is read out of PROTOCOL.md once more, with Buffer, libsodium and Node's BLAKE2b alone: nothing of
 * `sdk/` decodes here, so that a mistake there cannot hide in both.
 */
const { group, initiator, responder, handshake } = vectors
const bytes = (text: string): Buffer => Buffer.from(text, 'hex')
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')
const none: Buffer = Buffer.alloc(0)

beforeAll(async () => {
  await sodium.ready
})

const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return buffer
}

/** KDF of section 3. */
const kdf = (key: Buffer | null, label: string, ...parts: Buffer[]): Buffer => {
  const input = [Buffer.from(`skein/v1/${label}`), ...parts].flatMap((part) => [u32(part.length), part])
  return Buffer.from(sodium.crypto_generichash(32, Buffer.concat(input), key ?? Buffer.alloc(32)))
}

const prefixed = (label: string, rest = none): Buffer => {
  const text = Buffer.from(`skein/v1/${label}`)
  return Buffer.concat([u32(text.length), text, rest])
}

const isSigned = (identity: Buffer, label: string, body: Buffer, signature: Buffer): boolean =>
  sodium.crypto_sign_verify_detached(
    signature,
    Buffer.concat([Buffer.from(`skein/v1/${label}`), Buffer.alloc(1), body]),
    identity,
  )

const openRandom = (key: Buffer, ad: Buffer, sealed: Buffer): Buffer =>
  Buffer.from(
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed.subarray(24), ad, sealed.subarray(0, 24), key),
  )

const nonceOf = (counter: number): Buffer => {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(BigInt(counter), 4)
  return nonce
}

const open = (key: Buffer, counter: number, ad: Buffer, sealed: Buffer): Buffer =>
  Buffer.from(sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, ad, nonceOf(counter), key))

const unpad = (padded: Buffer): Buffer => padded.subarray(2, 2 + padded.readUInt16LE())

/** A varint, and what is behind it. */
const varint = (data: Buffer): [value: number, rest: Buffer] => {
  let value = 0
  for (let at = 0; at < data.length; at++) {
    value += (data.readUInt8(at) & 0x7f) * 2 ** (7 * at)
    if (data.readUInt8(at) < 0x80) return [value, data.subarray(at + 1)]
  }
  throw new Error('a varint without an end')
}

const fieldsOf = (data: Buffer): Map<number, Buffer> => {
  const fields = new Map<number, Buffer>()
  for (let rest = data; rest.length > 0;) {
    const [type, behind] = varint(rest)
    const [size, value] = varint(behind)
    fields.set(type, value.subarray(0, size))
    rest = value.subarray(size)
  }
  return fields
}

const field = (fields: ReadonlyMap<number, Buffer>, type: number): Buffer => {
  const value = fields.get(type)
  if (value === undefined) throw new Error(`field ${type} is missing`)
  return value
}

const number = (fields: ReadonlyMap<number, Buffer>, type: number): number => varint(field(fields, type))[0]

const textsOf = (data: Buffer): string[] => {
  const texts: string[] = []
  for (let rest = data; rest.length > 0;) {
    const [size, value] = varint(rest)
    texts.push(value.toString('utf8', 0, size))
    rest = value.subarray(size)
  }
  return texts
}

/** Noise as section 5.1 writes it out, from the side of an onlooker who knows every secret. */
class Noise {
  #ck: Buffer
  #h: Buffer
  #k: Buffer | null = null
  #n = 0

  constructor(name: string, prologue: Buffer) {
    this.#h = Buffer.concat([Buffer.from(name), Buffer.alloc(64 - name.length)])
    this.#ck = this.#h
    this.mix(prologue)
  }

  get h(): Buffer {
    return this.#h
  }

  mix(data: Buffer): void {
    this.#h = createHash('blake2b512').update(this.#h).update(data).digest()
  }

  key(input: Buffer): void {
    const [ck, t] = this.#hkdf(input)
    this.#ck = ck
    this.#use(t)
  }

  psk(input: Buffer): void {
    const [ck, u, t] = this.#hkdf(input)
    this.#ck = ck
    this.mix(u)
    this.#use(t)
  }

  /** X25519 of one's secret and the other's public key. */
  dh(secret: Buffer, publicKey: Buffer): void {
    this.key(Buffer.from(sodium.crypto_scalarmult(secret, publicKey)))
  }

  opened(sealed: Buffer): Buffer {
    const text = this.#k === null ? sealed : open(this.#k, this.#n++, this.#h, sealed)
    this.mix(sealed)
    return text
  }

  split(): [Buffer, Buffer] {
    const [first, second] = this.#hkdf(none)
    return [first.subarray(0, 32), second.subarray(0, 32)]
  }

  #use(t: Buffer): void {
    this.#k = t.subarray(0, 32)
    this.#n = 0
  }

  #hkdf(input: Buffer): [Buffer, Buffer, Buffer] {
    const hmac = (key: Buffer, ...parts: Buffer[]): Buffer =>
      createHmac('blake2b512', key).update(Buffer.concat(parts)).digest()
    const temporary = hmac(this.#ck, input)
    const one = hmac(temporary, Buffer.of(1))
    const two = hmac(temporary, one, Buffer.of(2))
    return [one, two, hmac(temporary, two, Buffer.of(3))]
  }
}

const publicOf = (secret: string): Buffer => Buffer.from(sodium.crypto_scalarmult_base(bytes(secret)))
const topic = bytes(group.topic)
const pskOf = (id: string): Buffer => bytes(group.providers.find((provider) => provider.id === id)?.psk ?? '')

/** A certificate: whether it is signed, and what it says. */
const readCertificate = (certificate: Buffer) => ({
  length: certificate.length,
  version: certificate.readUInt8(),
  identity: hex(certificate.subarray(1, 33)),
  session: hex(certificate.subarray(33, 65)),
  topic: hex(certificate.subarray(65, 97)),
  issuedAtMs: Number(certificate.readBigUInt64LE(97)),
  lifetimeS: certificate.readUInt32LE(105),
  capabilities: certificate.readUInt16LE(109),
  isSigned: isSigned(certificate.subarray(1, 33), 'cert', certificate.subarray(0, 111), certificate.subarray(111)),
})

/** A roster record: whether it is signed, and its head and fields. */
const readRecord = (record: Buffer) => {
  const [version, behind] = varint(record.subarray(17))
  const [size, content] = varint(behind)
  const signature = content.subarray(size)
  const body = record.subarray(0, record.length - 64)
  return {
    kind: record.readUInt8(),
    member: hex(record.subarray(1, 17)),
    version,
    fields: fieldsOf(content.subarray(0, size)),
    isSigned: isSigned(bytes(initiator.identity), 'record', Buffer.concat([topic, body]), signature),
  }
}

describe('tests/vectors/wire.json', () => {
  it('C4: is what the code puts on the wire', async () => {
    // Where this fails and the wire was meant to change: `npm run vectors`.
    expect(vectors).toEqual(await createWireVectors())
  })

  it('is the same at every call', async () => {
    expect(await createWireVectors()).toEqual(await createWireVectors())
  })
})

describe('a reader that knows PROTOCOL.md alone', () => {
  it('K1, K4: has the keys of a group from its key', () => {
    const key = Buffer.from(group.key.slice(4), 'base64url')
    expect([group.key.slice(0, 4), hex(key)]).toEqual(['sk1_', `0100${group.secret}`])
    const secret = bytes(group.secret)
    expect(hex(kdf(secret, 'topic', u32(0)))).toBe(group.topic)
    expect(hex(kdf(secret, 'hello', topic))).toBe(group.helloKey)
    expect(kdf(secret, 'group-id').subarray(0, 16).toString('base64url')).toBe(group.groupId)
    for (const { id, secret: own, psk } of group.providers) {
      expect(hex(kdf(secret, 'psk', topic, Buffer.from(id), bytes(own)))).toBe(psk)
    }
  })

  it.each([initiator, responder])('K6, K7: names a member by its keys, and finds its certificate signed', (member) => {
    const { publicKey } = sodium.crypto_sign_seed_keypair(bytes(member.identitySeed))
    expect([hex(publicKey), hex(publicOf(member.sessionSecret))]).toEqual([member.identity, member.session])
    const id = kdf(null, 'sid', bytes(member.session), bytes(member.identity)).subarray(0, 16)
    expect([hex(id), id.toString('base64url')]).toEqual([member.id, member.idText])
    const { bytes: certificate, ...said } = member.certificate
    expect(readCertificate(bytes(certificate))).toEqual({
      ...said,
      length: 175,
      version: 1,
      identity: member.identity,
      session: member.session,
      topic: group.topic,
      isSigned: true,
    })
  })

  it.each([initiator, responder])('A2: opens a hello, with the providers in it', ({ hello, certificate }) => {
    const padded = openRandom(bytes(group.helloKey), prefixed('hello-ad', topic), bytes(hello.sealed))
    expect(hex(padded)).toBe(hello.padded)
    expect([padded.length % 64, hello.sealed.slice(0, 48)]).toEqual([0, hello.nonce])
    const fields = fieldsOf(unpad(padded))
    expect(hex(field(fields, 1))).toBe(certificate.bytes)
    expect(textsOf(field(fields, 2))).toEqual(group.providers.map(({ id }) => id))
  })

  it('H1, A1, N1: follows the handshake to the same hash and keys', () => {
    expect(Buffer.compare(bytes(initiator.id), bytes(responder.id))).toBe(-1)
    const noise = new Noise('Noise_IKpsk1_25519_ChaChaPoly_BLAKE2b', prefixed('session', topic))
    const [hs1, hs2] = [bytes(handshake.hs1.frame), bytes(handshake.hs2.frame)]
    const [e1, e2] = [handshake.hs1.ephemeralSecret, handshake.hs2.ephemeralSecret]
    const [s1, s2] = [initiator.sessionSecret, responder.sessionSecret]
    expect([hs1[0], hs2[0]]).toEqual([0x11, 0x12])

    noise.mix(publicOf(s2))
    const first = hs1.subarray(1, 33)
    expect(first.equals(publicOf(e1))).toBe(true)
    noise.mix(first)
    noise.key(first)
    noise.dh(bytes(e1), publicOf(s2))
    expect(noise.opened(hs1.subarray(33, 81)).equals(publicOf(s1))).toBe(true)
    noise.dh(bytes(s1), publicOf(s2))
    noise.psk(pskOf(handshake.provider))
    const offer = noise.opened(hs1.subarray(81))

    const second = hs2.subarray(1, 33)
    expect(second.equals(publicOf(e2))).toBe(true)
    noise.mix(second)
    noise.key(second)
    noise.dh(bytes(e2), publicOf(e1))
    noise.dh(bytes(e2), publicOf(s1))
    const answer = noise.opened(hs2.subarray(33))

    for (const [padded, { fields: said, padded: expected }] of [
      [offer, handshake.hs1],
      [answer, handshake.hs2],
    ] as const) {
      expect([hex(padded), padded.length % 128]).toEqual([expected, 0])
      const fields = fieldsOf(unpad(padded))
      expect([...fields.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7])
      expect([hex(field(fields, 1)), hex(field(fields, 7))]).toEqual([said.certificate, said.description])
      const { attempt, epoch, fresh, firstBroadcast, firstPrivate } = said
      expect([2, 3, 4, 5, 6].map((type) => number(fields, type))).toEqual([
        attempt,
        epoch,
        fresh,
        firstBroadcast,
        firstPrivate,
      ])
    }

    const [i2r, r2i] = noise.split()
    expect([hex(noise.h), hex(i2r), hex(r2i)]).toEqual([handshake.hash, handshake.split.i2r, handshake.split.r2i])
    expect(handshake.session).toBe(handshake.hash.slice(0, 16))
    for (const [label, key] of Object.entries(handshake.keys)) {
      expect(hex(kdf(label.endsWith('i2r') ? i2r : r2i, label, noise.h))).toBe(key)
    }
  })

  it('H12: opens SIG, both ways', () => {
    const { sig } = vectors
    const frames = [
      ...sig.frames.map((frame, index) => [frame, handshake.keys['sig-i2r'], sig.counters[index]] as const),
      [sig.back, handshake.keys['sig-r2i'], 0] as const,
    ]
    for (const [text, key, counter = NaN] of frames) {
      const frame = bytes(text)
      expect(hex(frame.subarray(0, 9))).toBe(`13${handshake.session}`)
      expect(Number(frame.readBigUInt64LE(9))).toBe(counter)
      const padded = open(bytes(key), counter, frame.subarray(0, 17), frame.subarray(17))
      expect([hex(unpad(padded)), padded.length % 64]).toEqual([sig.message, 0])
    }
    const lists = sig.candidates.map((candidate) => hex(Buffer.of(candidate.length / 2)) + candidate)
    expect(sig.message).toBe(`01${lists.join('')}`)
  })

  it('B1, B2: opens BIND, both ways, with the fingerprints as each end sees them', () => {
    const { fingerprints, ...frames } = vectors.bind
    const ends = [
      ['00', frames.initiator, 'bind-i2r', fingerprints.initiator + fingerprints.responder],
      ['01', frames.responder, 'bind-r2i', fingerprints.responder + fingerprints.initiator],
    ] as const
    for (const [role, text, key, seen] of ends) {
      const frame = bytes(text)
      expect(frame[0]).toBe(0x14)
      expect(hex(open(bytes(handshake.keys[key]), 0, prefixed('bind'), frame.subarray(1)))).toBe(role + seen)
    }
  })

  it('A4: opens REFUSE, and finds it signed by who refuses', () => {
    const { refuse } = vectors
    const frame = bytes(refuse.frame)
    expect(hex(frame.subarray(0, 25))).toBe(`17${refuse.nonce}`)
    const opened = openRandom(bytes(group.helloKey), prefixed('refuse', topic), frame.subarray(1))
    expect(refuse.about).toBe(hex(kdf(null, 'offer', bytes(vectors.handshake.hs1.frame)).subarray(0, 16)))
    expect(hex(opened.subarray(0, 48))).toBe(refuse.from + refuse.to + refuse.about)
    const body = Buffer.concat([topic, opened.subarray(0, 48)])
    expect(isSigned(bytes(responder.identity), 'refusal', body, opened.subarray(48))).toBe(true)
  })

  it('M2: finds card, links and goodbye signed, and reads them', () => {
    const { card, links, goodbye } = vectors.records
    const [own, linked, gone] = [card, links, goodbye].map(({ record }) => readRecord(bytes(record)))
    const head = { member: initiator.id, isSigned: true }
    expect(own).toMatchObject({ ...head, kind: 1, version: card.version })
    expect(linked).toMatchObject({ ...head, kind: 2, version: links.version })
    expect(gone).toMatchObject({ ...head, kind: 2, version: goodbye.version })
    const fields = own?.fields ?? new Map<number, Buffer>()
    expect(hex(field(fields, 1))).toBe(initiator.certificate.bytes)
    expect(field(fields, 2).toString()).toBe(card.profile)
    expect(textsOf(field(fields, 3))).toEqual(card.addresses)
    expect(number(fields, 4)).toBe(card.capabilities)
    expect(textsOf(field(fields, 5))).toEqual(card.providers)
    const listed = links.neighbors.map(({ id, rttClass }) => id + hex(Buffer.of(rttClass)))
    expect(hex(field(linked?.fields ?? new Map<number, Buffer>(), 2))).toBe(listed.join(''))
    expect(number(linked?.fields ?? new Map<number, Buffer>(), 1)).toBe(0)
    expect(number(gone?.fields ?? new Map<number, Buffer>(), 1)).toBe(1)
  })

  it('R1: opens RLY, whose hops no key covers', () => {
    const { relay } = vectors
    relay.frames.forEach((text, index) => {
      const frame = bytes(text)
      expect(hex(frame.subarray(0, 43))).toBe(`200000${relay.to}${relay.from}${handshake.session}`)
      expect(Number(frame.readBigUInt64LE(43))).toBe(relay.counters[index])
      frame[1] = 3
      const records = open(bytes(handshake.keys['relay-i2r']), index, frame.subarray(2, 51), frame.subarray(51))
      expect(hex(records)).toBe(relay.records)
    })
    const ping = '0101000000'
    const one = `0500070100${hex(Buffer.of(relay.text.length))}${hex(Buffer.from(relay.text))}`
    expect(relay.records).toBe(ping + one)
  })

  it('W1, W3, W4: greets, attaches and reads a socket', () => {
    const { socket } = vectors
    const hellos = (['initiator', 'responder'] as const).map((role) => {
      const frame = bytes(socket.greet[role].frame)
      expect(hex(frame.subarray(0, 58))).toBe(`1501${group.topic}${socket.greet[role].nonce}`)
      const opened = openRandom(bytes(group.helloKey), prefixed('hello-ad', topic), frame.subarray(34))
      expect(hex(opened)).toBe(vectors[role].hello.padded)
      return frame.subarray(34)
    })
    for (const [role, direction] of [
      ['initiator', 'i2r'],
      ['responder', 'r2i'],
    ] as const) {
      const key = kdf(bytes(handshake.split[direction]), `ws-${direction}`, bytes(handshake.hash), ...hellos)
      expect(hex(key)).toBe(socket.keys[`ws-${direction}`])
      const attach = bytes(socket.attach[role])
      expect(hex(attach.subarray(0, 9))).toBe(`16${handshake.session}`)
      expect(open(key, 0, attach.subarray(0, 9), attach.subarray(9))).toHaveLength(0)
      const sealed = bytes(socket.sealed[role])
      expect(hex(open(key, 1, sealed.subarray(0, 1), sealed.subarray(1)))).toBe(socket.sealed.pack)
    }
  })

  it('I1, I8: follows an invitation to the key of the group and the reply', () => {
    const { invitation: said } = vectors
    const [invite, proof, key, reply] = [said.invite, said.proof, said.key, said.reply].map(bytes) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ]
    const [e2, s2] = [bytes(said.bot.ephemeralSecret), bytes(said.bot.staticSecret)]
    const noise = new Noise('Noise_XX_25519_ChaChaPoly_BLAKE2b', prefixed('bot-invite'))

    expect(hex(invite)).toBe(`4101${hex(publicOf(said.member.ephemeralSecret))}`)
    noise.mix(invite.subarray(2))
    noise.opened(none)

    expect(hex(proof.subarray(0, 33))).toBe(`42${hex(publicOf(said.bot.ephemeralSecret))}`)
    noise.mix(proof.subarray(1, 33))
    noise.dh(e2, invite.subarray(2))
    const botStatic = noise.opened(proof.subarray(33, 81))
    expect(hex(botStatic)).toBe(hex(publicOf(said.bot.staticSecret)))
    noise.dh(s2, invite.subarray(2))
    const certificate = noise.opened(proof.subarray(81))
    expect(hex(certificate.subarray(0, 32))).toBe(said.bot.identity)
    expect(isSigned(certificate.subarray(0, 32), 'bot-cert', botStatic, certificate.subarray(32))).toBe(true)

    expect(key[0]).toBe(0x43)
    expect(hex(noise.opened(key.subarray(1, 49)))).toBe(hex(publicOf(said.member.staticSecret)))
    noise.dh(bytes(said.member.staticSecret), publicOf(said.bot.ephemeralSecret))
    const padded = noise.opened(key.subarray(49))
    expect([field(fieldsOf(unpad(padded)), 1).toString(), padded.length]).toEqual([group.key, 256])

    const [, r2i] = noise.split()
    const opened = open(kdf(r2i, 'bot-reply', noise.h), 0, none, reply.subarray(1))
    expect([reply[0], hex(field(fieldsOf(unpad(opened)), 2))]).toEqual([0x44, said.bot.joinsAs])
  })
})
