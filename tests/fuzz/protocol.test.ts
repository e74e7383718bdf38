import { readdirSync } from 'node:fs'
import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../sdk/protocol/any-value.js'
import { decodeBroadcast, encodeBroadcast } from '../../sdk/protocol/broadcast-frame.js'
import { CERTIFICATE_BYTES, decodeCertificate, encodeCertificateBody } from '../../sdk/protocol/certificate.js'
import { decodeChannelFrame, encodeChannelFrame } from '../../sdk/protocol/channel-frames.js'
import { DecodeError } from '../../sdk/protocol/decode-error.js'
import { decodeFields, encodeFields, encodeNumber, numberField } from '../../sdk/protocol/fields.js'
import { decodeHandshakePayload, encodeHandshakePayload } from '../../sdk/protocol/handshake-payload.js'
import { decodeHello, encodeHello } from '../../sdk/protocol/hello.js'
import {
  decodeBotCertificate,
  decodeInvite,
  decodeKey,
  decodeProof,
  decodeReply,
  decodeSealed,
  encodeBotCertificate,
  encodeInvite,
  encodeKey,
  encodeReply,
  encodeSealed,
  type InviteReply,
} from '../../sdk/protocol/invite-frames.js'
import { decodeLogFork, encodeLogFork } from '../../sdk/protocol/log-fork.js'
import { decodeLogFrame, encodeLogFrame } from '../../sdk/protocol/log-frames.js'
import { decodeLogHead, encodeLogHeadBody } from '../../sdk/protocol/log-head.js'
import { decodeLogHello, encodeLogHello } from '../../sdk/protocol/log-hello.js'
import {
  decodeLogLinkHello,
  decodeLogLinkMessage,
  encodeLogLinkHello,
  encodeLogLinkMessage,
} from '../../sdk/protocol/log-link.js'
import { decodeLogPresence, encodeLogPresence } from '../../sdk/protocol/log-presence.js'
import { decodeLogRecord, encodeLogRecord } from '../../sdk/protocol/log-record.js'
import { decodeLogTile, encodeLogTile } from '../../sdk/protocol/log-tile.js'
import { decodeLogWriter, encodeLogWriter } from '../../sdk/protocol/log-writer.js'
import {
  logForks,
  logFrames,
  logHeads,
  logHellos,
  logPresences,
  logRecords,
  logTiles,
  sharedEntries,
  storeLogs,
} from '../support/log-formats.js'
import { decodeSharedEntry, encodeSharedEntry } from '../../sdk/protocol/shared-entry.js'
import { MAX_CHUNK_BYTES } from '../../sdk/protocol/limits.js'
import { PackWriter } from '../../sdk/protocol/pack.js'
import { decodeStoreEntry, encodeStoreEntry } from '../../sdk/protocol/store-entry.js'
import { decodeStoreList, encodeStoreListBody } from '../../sdk/protocol/store-list.js'
import { decodeStoreRecord, encodeStoreRecord } from '../../sdk/protocol/store-record.js'
import { decodeProviders } from '../../sdk/protocol/providers.js'
import { decodeRefusal, encodeRefusal } from '../../sdk/protocol/refusal.js'
import { decodeTexts, encodeTexts } from '../../sdk/protocol/text-list.js'
import { pad, unpad } from '../../sdk/protocol/padding.js'
import { Reader } from '../../sdk/protocol/reader.js'
import {
  encodeRecord,
  readRecord,
  type AllChunk,
  type MemberRecord,
  type OneChunk,
} from '../../sdk/protocol/records.js'
import { STREAM_MODE } from '../../sdk/protocol/streams.js'
import {
  decodeRelayAddress,
  decodeRelaySealed,
  encodeRelayHeader,
  encodeRelayedSetup,
} from '../../sdk/protocol/relay-frames.js'
import { decodeRosterRecord, encodeRosterBody } from '../../sdk/protocol/roster-record.js'
import { decodeClientFrame, decodeServerFrame } from '../../sdk/protocol/server-frames.js'
import { decodeSetupMessage, encodeSetupMessage } from '../../sdk/protocol/setup-message.js'
import { decodeMediaFrame, encodeMediaFrame } from '../../sdk/protocol/media-frames.js'
import { decodeAttach, decodeGreeting, encodeAttachHeader, encodeGreeting } from '../../sdk/protocol/socket-frames.js'
import {
  decodeStreamEnd,
  decodeTransferFrame,
  encodeStreamEnd,
  encodeTransferFrame,
} from '../../sdk/protocol/transfer-frames.js'
import { concatBytes, equalBytes } from '../../sdk/util/bytes.js'
import { mediaFrames } from '../support/media-frames.js'
import { streamEnds, transferFrames } from '../support/transfer-frames.js'

const bytes = (size: number): Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size })
const upTo = (size: number): Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: size })
const varint = fc.oneof(fc.nat(300), fc.maxSafeNat())
const uint32 = fc.nat(0xffff_ffff)
const memberId = bytes(16)

const pieceFields = {
  stream: varint,
  number: fc.maxSafeNat().filter((n) => n > 0),
  text: fc.boolean(),
  end: fc.boolean(),
}
const piece = fc.oneof(
  upTo(300).map((all) => ({ offset: 0, total: all.length, first: true, bytes: all })),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(2 ** 40))
    .map(([begin, more]) => ({ offset: 0, total: begin.length + more + 1, first: true, bytes: begin })),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), varint)
    .map(([later, offset]) => ({ offset, total: 0, first: false, bytes: later })),
)
const order = fc.array(fc.record({ tag: bytes(4), lastPrivate: varint }), { maxLength: 32 })
const allChunk: Arbitrary<AllChunk> = fc
  .tuple(fc.record(pieceFields), piece, order)
  .map(([fields, part, entries]) => ({ type: 'all', ...fields, ...part, order: part.first ? entries : [] }))
const oneChunk: Arbitrary<OneChunk> = fc
  .tuple(fc.record(pieceFields), piece, varint)
  .map(([fields, part, after]) => ({ type: 'one', ...fields, ...part, afterBroadcast: part.first ? after : 0 }))
const record: Arbitrary<MemberRecord> = fc.oneof(
  fc.record({ type: fc.constantFrom('ping' as const, 'pong' as const), id: uint32 }),
  fc.record({
    type: fc.constant('ack' as const),
    stream: varint,
    nextBroadcast: varint,
    nextPrivate: varint,
    offset: varint,
    credit: varint,
  }),
  fc.record({
    type: fc.constant('reset' as const),
    stream: varint,
    nextBroadcast: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    nextPrivate: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  }),
  fc.record({
    type: fc.constant('open' as const),
    stream: varint,
    kind: fc.nat(255),
    mode: fc.constantFrom(...Object.values(STREAM_MODE)),
    nextBroadcast: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    nextPrivate: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    name: fc.string({ unit: 'grapheme', maxLength: 8 }),
  }),
  fc.record({ type: fc.constant('stop' as const), stream: varint }),
  fc.record({
    type: fc.constant('datagram' as const),
    stream: varint,
    to: fc.constantFrom('all' as const, 'one' as const),
    number: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    bytes: upTo(300),
  }),
  allChunk,
  oneChunk,
  fc.record({
    type: fc.constant('digest' as const),
    entries: fc.array(fc.record({ id: memberId, card: varint, links: varint }), { maxLength: 40 }),
  }),
  fc.record({ type: fc.constant('roster' as const), record: upTo(600) }),
  fc.constant({ type: 'use' as const }),
)

const certificate = fc.record({
  identity: bytes(32),
  session: bytes(32),
  topic: bytes(32),
  issuedAt: fc.maxSafeNat(),
  lifetime: uint32,
  capabilities: fc.nat(0xffff),
})
const broadcast = fc.record({
  fanout: fc.constantFrom(0, 4),
  author: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  count: fc.maxSafeNat(),
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  records: fc.uint8Array({ minLength: 1, maxLength: 200 }),
})
const handshakePayload = fc.record({
  certificate: bytes(CERTIFICATE_BYTES),
  attempt: varint,
  epoch: varint,
  fresh: fc.boolean(),
  firstBroadcast: varint,
  firstPrivate: varint,
  description: fc.option(upTo(700)),
})
const providers = fc.array(fc.constantFrom('anonymous', 'shared-secret', 'allow-list', 'of-our-own'), { maxLength: 8 })
const hello = fc.record({ certificate: bytes(CERTIFICATE_BYTES), providers })
const card = fc.record({
  kind: fc.constant('card' as const),
  certificate: bytes(CERTIFICATE_BYTES),
  profile: upTo(512),
  addresses: fc.array(fc.string({ maxLength: 100 }), { maxLength: 4 }),
  capabilities: varint,
  maxLinks: varint,
  providers,
})
const links = fc.record({
  kind: fc.constant('links' as const),
  gone: fc.boolean(),
  away: fc.boolean(),
  neighbors: fc.array(fc.record({ id: memberId, rttClass: fc.nat(255) }), { maxLength: 20 }),
})
const fields = fc
  .uniqueArray(varint, { maxLength: 32 })
  .map((types) => types.sort((a, b) => a - b))
  .chain((types) => fc.tuple(...types.map((type) => fc.tuple(fc.constant(type), upTo(20)))))
const signature = bytes(64)
const relayFrame = fc
  .tuple(memberId, memberId, bytes(8), fc.maxSafeNat(), fc.uint8Array({ minLength: 16, maxLength: 300 }))
  .map(([dst, src, session, counter, sealed]) => concatBytes(encodeRelayHeader(dst, src, session, counter), sealed))

const greeting = fc.record({ topic: bytes(32), hello: fc.uint8Array({ minLength: 1, maxLength: 1_024 }) })
const botCertificate = fc.record({ identity: bytes(32), signature })
const keyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
const reply: Arbitrary<InviteReply> = fc.oneof(
  fc.record({ type: fc.constant('comes' as const), member: memberId }),
  fc.record({ type: fc.constant('refused' as const), reason: varint.filter((reason) => reason > 0) }),
)

/** Reads records to the end, as PACK and RLY hold them. */
const readRecords = (whole: Uint8Array): MemberRecord[] => {
  const reader = new Reader(whole)
  const read: MemberRecord[] = []
  while (reader.left > 0) read.push(readRecord(reader))
  return read
}

const refusal = fc.record({ from: memberId, to: memberId, about: memberId, signature })

/** Every decoder of the protocol: how it is called on bytes, and bytes that it takes. */
const decoders: Readonly<
  Record<string, readonly [decode: (input: Uint8Array) => unknown, valid: Arbitrary<Uint8Array>]>
> = {
  decodeCertificate: [
    decodeCertificate,
    fc.tuple(certificate, signature).map(([body, signed]) => concatBytes(encodeCertificateBody(body), signed)),
  ],
  decodeSharedEntry: [decodeSharedEntry, sharedEntries.map(encodeSharedEntry)],
  decodeLogFork: [decodeLogFork, logForks.map(encodeLogFork)],
  decodeLogHead: [
    decodeLogHead,
    fc.tuple(logHeads, signature).map(([head, signed]) => concatBytes(encodeLogHeadBody(head), signed)),
  ],
  decodeLogWriter: [
    decodeLogWriter,
    fc.record({ seed: bytes(32), lock: fc.option(bytes(32)), isRestored: fc.boolean() }).map(encodeLogWriter),
  ],
  decodeLogRecord: [decodeLogRecord, logRecords.map(encodeLogRecord)],
  decodeLogFrame: [decodeLogFrame, logFrames.map(encodeLogFrame)],
  decodeLogHello: [decodeLogHello, logHellos.map(encodeLogHello)],
  decodeLogLinkHello: [decodeLogLinkHello, bytes(32).map(encodeLogLinkHello)],
  decodeLogLinkMessage: [
    decodeLogLinkMessage,
    fc
      .record({ channel: fc.maxSafeNat(), frame: fc.uint8Array() })
      .map(({ channel, frame }) => concatBytes(...encodeLogLinkMessage(channel, frame))),
  ],
  decodeLogPresence: [decodeLogPresence, logPresences.map(encodeLogPresence)],
  decodeLogTile: [decodeLogTile, logTiles.map(encodeLogTile)],
  decodeStoreEntry: [decodeStoreEntry, storeLogs.map(encodeStoreEntry)],
  decodeStoreList: [
    decodeStoreList,
    fc.tuple(bytes(32), signature).map(([key, signed]) => concatBytes(encodeStoreListBody(key), signed)),
  ],
  decodeStoreRecord: [
    decodeStoreRecord,
    fc.record({ seed: bytes(32), isRestored: fc.boolean() }).map(encodeStoreRecord),
  ],
  decodeChannelFrame: [
    decodeChannelFrame,
    fc
      .record({
        type: fc.constant('request' as const),
        id: fc.maxSafeNat(),
        isStream: fc.boolean(),
        payload: fc.uint8Array(),
      })
      .map(encodeChannelFrame),
  ],
  decodeValue: [
    decodeValue,
    // It is refused as a name, as it would be no name of the object's own.
    fc
      .jsonValue()
      .filter((value) => !JSON.stringify(value).includes('__proto__'))
      .map((value) => encodeValue(value, 1_048_576)),
  ],
  decodeFields: [decodeFields, fields.map(encodeFields)],
  decodeHandshakePayload: [decodeHandshakePayload, handshakePayload.map(encodeHandshakePayload)],
  decodeHello: [decodeHello, hello.map(encodeHello)],
  decodeProviders: [decodeProviders, providers.map(encodeTexts)],
  decodeRefusal: [decodeRefusal, refusal.map(encodeRefusal)],
  decodeTexts: [(input) => decodeTexts(input, { count: 8, bytes: 32 }), providers.map(encodeTexts)],
  unpad: [unpad, upTo(500).map((content) => pad(content, 64))],
  readRecord: [readRecords, fc.array(record, { maxLength: 6 }).map((all) => concatBytes(...all.map(encodeRecord)))],
  decodeRelayAddress: [decodeRelayAddress, relayFrame],
  decodeRelaySealed: [
    (input) => {
      const { type } = decodeRelayAddress(input)
      return type === 0x20 ? decodeRelaySealed(input) : null
    },
    relayFrame,
  ],
  decodeRosterRecord: [
    decodeRosterRecord,
    fc
      .tuple(memberId, varint, fc.oneof(card, links), signature)
      .map(([member, version, content, signed]) => concatBytes(encodeRosterBody(member, version, content), signed)),
  ],
  decodeSetupMessage: [
    decodeSetupMessage,
    fc.array(upTo(300), { maxLength: 64 }).map((candidates) => encodeSetupMessage({ kind: 'candidates', candidates })),
  ],
  decodeGreeting: [decodeGreeting, greeting.map(encodeGreeting)],
  decodeAttach: [
    decodeAttach,
    fc.tuple(bytes(8), bytes(16)).map(([mark, tag]) => concatBytes(encodeAttachHeader(mark), tag)),
  ],
  decodeInvite: [decodeInvite, bytes(32).map(encodeInvite)],
  decodeProof: [decodeProof, bytes(192).map((message) => encodeSealed(0x42, message))],
  decodeBotCertificate: [decodeBotCertificate, botCertificate.map(encodeBotCertificate)],
  decodeSealed: [(input) => decodeSealed(input, 0x43), upTo(300).map((sealed) => encodeSealed(0x43, sealed))],
  decodeBroadcast: [decodeBroadcast, broadcast.map((frame) => encodeBroadcast(frame, frame.signature))],
  decodeKey: [decodeKey, keyText.map(encodeKey)],
  decodeReply: [decodeReply, reply.map(encodeReply)],
  // Round trips of these two are in transfer-frames.test.ts.
  decodeStreamEnd: [decodeStreamEnd, streamEnds.map(encodeStreamEnd)],
  decodeMediaFrame: [decodeMediaFrame, mediaFrames.map(encodeMediaFrame)],
  decodeTransferFrame: [decodeTransferFrame, transferFrames.map(encodeTransferFrame)],
  // Round trips of these two are in server-frames.test.ts.
  decodeClientFrame: [decodeClientFrame, upTo(200).map((rest) => concatBytes(Uint8Array.of(0x03, 0), rest))],
  decodeServerFrame: [decodeServerFrame, upTo(200).map((rest) => concatBytes(Uint8Array.of(0x86), rest))],
}

/** What a decoded value holds beside views of its input: bytes of other buffers, and a share for every field. */
const weigh = (value: unknown, input: Uint8Array): number => {
  if (value instanceof Uint8Array) return value.buffer === input.buffer ? 1 : value.length
  if (value instanceof Map) return weigh([...(value as Map<unknown, unknown>).entries()], input)
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + weigh(entry, input), 1)
  if (typeof value === 'object' && value !== null) return weigh(Object.values(value), input)
  return 1
}

/** Gives a value or throws a `DecodeError`, leaves its input as it was, and holds little beside it. */
const expectBounded = (decode: (input: Uint8Array) => unknown, input: Uint8Array): void => {
  const before = input.slice()
  let value: unknown
  try {
    value = decode(input)
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
    return
  } finally {
    expect(equalBytes(input, before)).toBe(true)
  }
  expect(weigh(value, input)).toBeLessThanOrEqual(32 + 8 * input.length)
}

const damage = fc.array(
  fc.record({ at: fc.nat(2_000), value: fc.nat(255), kind: fc.constantFrom('set', 'flip', 'cut', 'insert') }),
  { minLength: 1, maxLength: 4 },
)

const damaged = (input: Uint8Array, changes: readonly { at: number; value: number; kind: string }[]): Uint8Array => {
  let result: Uint8Array = input.slice()
  for (const { at: far, value, kind } of changes) {
    const at = result.length === 0 ? 0 : far % result.length
    if (kind === 'cut') result = result.slice(0, at)
    else if (kind === 'insert') result = concatBytes(result.subarray(0, at), Uint8Array.of(value), result.subarray(at))
    else if (result.length > 0) result[at] = kind === 'set' ? value : (result[at] as number) ^ (1 << (value % 8))
  }
  return result
}

describe('C2: every decoder', () => {
  it('is covered here', async () => {
    const folder = new URL('../../sdk/protocol/', import.meta.url)
    const names: string[] = []
    for (const file of readdirSync(folder)) {
      const module = (await import(new URL(file, folder).href)) as Record<string, unknown>
      names.push(...Object.keys(module).filter((name) => /^(decode|read)[A-Z]|^unpad$/.test(name)))
    }
    expect(names.sort()).toEqual(Object.keys(decoders).sort())
  })

  it.each(Object.entries(decoders))('%s takes random bytes or says that it cannot', (_name, [decode]) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (input) => {
        expectBounded(decode, input)
      }),
    )
  })

  it.each(Object.entries(decoders))('%s takes damaged bytes or says that it cannot', (_name, [decode, valid]) => {
    fc.assert(
      fc.property(valid, damage, (input, changes) => {
        expectBounded(decode, damaged(input, changes))
      }),
      { numRuns: 300 },
    )
  })

  it.each(Object.entries(decoders))('%s makes no more of claims than of bytes', (_name, [decode]) => {
    // Counts and sizes as large as varints go, behind every first byte there is.
    for (let first = 0; first < 256; first++) {
      const claim = concatBytes(Uint8Array.of(first), new Uint8Array(60).fill(0xff), new Uint8Array(40))
      for (let at = 1; at < 60; at += 7) expectBounded(decode, claim.subarray(at - 1))
      expectBounded(decode, claim)
    }
  })
})

describe('what was encoded is decoded to the same', () => {
  const roundTrip = <Value>(values: Arbitrary<Value>, check: (value: Value) => void): void => {
    fc.assert(fc.property(values, check))
  }

  it('records', () => {
    roundTrip(fc.array(record, { maxLength: 6 }), (all) => {
      expect(readRecords(concatBytes(...all.map(encodeRecord)))).toEqual(all)
    })
  })

  it('records of one frame, and the room that is left for more', () => {
    roundTrip(fc.array(record, { maxLength: 6 }), (all) => {
      const pack = new PackWriter('frame', 10_000)
      all.forEach((one, index) => {
        if (index % 2 === 0) pack.write(one)
        else pack.append(encodeRecord(one))
      })
      const { left } = pack
      const frame = pack.finish()
      expect(left).toBe(10_000 - frame.length)
      expect(frame[0]).toBe(0x30)
      expect(readRecords(frame.subarray(1))).toEqual(all)
    })
  })

  it('a piece of the largest size', () => {
    const whole = new Uint8Array(MAX_CHUNK_BYTES).fill(1)
    const largest: AllChunk = {
      type: 'all',
      stream: 0,
      number: 1,
      offset: 0,
      total: whole.length,
      first: true,
      text: false,
      end: false,
      order: [],
      bytes: whole,
    }
    expect(readRecords(encodeRecord(largest))).toEqual([largest])
  })

  it('certificates', () => {
    roundTrip(fc.tuple(certificate, signature), ([body, signed]) => {
      const encoded = concatBytes(encodeCertificateBody(body), signed)
      expect(encoded).toHaveLength(CERTIFICATE_BYTES)
      expect(decodeCertificate(encoded)).toEqual({ ...body, signature: signed })
    })
  })

  it('handshake payloads, in sizes that tell little', () => {
    roundTrip(handshakePayload, (payload) => {
      const encoded = encodeHandshakePayload(payload)
      expect(encoded.length % 128).toBe(0)
      expect(decodeHandshakePayload(encoded)).toEqual(payload)
    })
  })

  it('hellos', () => {
    roundTrip(hello, (own) => {
      expect(decodeHello(encodeHello(own))).toEqual(own)
    })
  })

  it('roster records', () => {
    roundTrip(fc.tuple(memberId, varint, fc.oneof(card, links), signature), ([member, version, content, signed]) => {
      const body = encodeRosterBody(member, version, content)
      const expected = { member, version, content, signature: signed, body }
      expect(decodeRosterRecord(concatBytes(body, signed))).toEqual(expected)
    })
  })

  it('relay frames', () => {
    roundTrip(
      fc.tuple(memberId, memberId, bytes(8), fc.maxSafeNat(), signature),
      ([dst, src, session, counter, sealed]) => {
        const frame = concatBytes(encodeRelayHeader(dst, src, session, counter), sealed)
        expect(decodeRelayAddress(frame)).toEqual({ type: 0x20, hops: 0, dst, src })
        expect(decodeRelaySealed(frame)).toEqual({ counter, sealed })
        expect(decodeRelayAddress(encodeRelayedSetup(dst, src, sealed))).toEqual({ type: 0x21, hops: 0, dst, src })
      },
    )
  })

  it('set-up messages', () => {
    roundTrip(fc.array(upTo(300), { maxLength: 64 }), (candidates) => {
      const message = { kind: 'candidates' as const, candidates }
      expect(decodeSetupMessage(encodeSetupMessage(message))).toEqual(message)
    })
  })

  it('the frames by which a socket becomes a link', () => {
    roundTrip(greeting, (greets) => {
      expect(decodeGreeting(encodeGreeting(greets))).toEqual(greets)
    })
    roundTrip(fc.tuple(bytes(8), bytes(16)), ([mark, sealed]) => {
      expect(decodeAttach(concatBytes(encodeAttachHeader(mark), sealed))).toEqual({ mark, sealed })
    })
  })

  it('the frames of an invitation', () => {
    roundTrip(bytes(32), (ephemeral) => {
      expect(decodeInvite(encodeInvite(ephemeral))).toEqual(ephemeral)
    })
    roundTrip(bytes(192), (message) => {
      expect(decodeProof(encodeSealed(0x42, message))).toEqual(message)
    })
    roundTrip(botCertificate, (certificate) => {
      expect(decodeBotCertificate(encodeBotCertificate(certificate))).toEqual(certificate)
    })
    roundTrip(upTo(300), (sealed) => {
      expect(decodeSealed(encodeSealed(0x44, sealed), 0x44)).toEqual(sealed)
    })
    roundTrip(keyText, (key) => {
      expect(encodeKey(key).length % 256).toBe(0)
      expect(decodeKey(encodeKey(key))).toBe(key)
    })
    roundTrip(reply, (replies) => {
      expect(encodeReply(replies)).toHaveLength(64)
      expect(decodeReply(encodeReply(replies))).toEqual(replies)
    })
  })

  it('fields and numbers in them', () => {
    roundTrip(fields, (all) => {
      expect([...decodeFields(encodeFields(all))]).toEqual(all)
    })
    roundTrip(varint, (value) => {
      const decoded = decodeFields(encodeFields([[7, encodeNumber(value)]]))
      expect([numberField(decoded, 7, 0), numberField(decoded, 8, 5)]).toEqual([value, 5])
    })
  })

  it('padded bytes', () => {
    roundTrip(upTo(600), (content) => {
      const padded = pad(content, 128)
      expect(padded.length % 128).toBe(0)
      expect(unpad(padded)).toEqual(content)
    })
  })
})
