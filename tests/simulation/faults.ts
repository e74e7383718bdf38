import type { CryptoSuite } from '../../sdk/crypto/suite.js'
import type { VerifiedCertificate } from '../../sdk/mesh/session/certificates.js'
import { decodeCertificate } from '../../sdk/protocol/certificate.js'
import { decodeHandshakePayload } from '../../sdk/protocol/handshake-payload.js'
import { rosterRecordHead } from '../../sdk/protocol/roster-record.js'
import { encodeBase64url } from '../../sdk/util/base64url.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import type { AdversaryKind } from './adversaries.js'
import { text } from './memory.js'
import { planted, type Planted } from './planted.js'
import { replayAtWindowEnd, replaySetups, stealCertificate } from './security-worlds.js'

/** A mistake that an engine could have, and the rule that must show it, or one of them, whichever comes first. */
export interface Fault {
  readonly name: string
  readonly plant: () => Planted
  readonly rule: string
  /** Seeds from 1 on with this adversary; or a world made for the fault. */
  readonly where: { readonly adversary: AdversaryKind | null; readonly seeds: number } | (() => void)
}

/** A suite whose signatures of one kind are all good. */
const trusting = (suite: CryptoSuite, trusted: 'cert' | 'record'): CryptoSuite => ({
  ...suite,
  verify: (publicKey, label, ...rest) => label === trusted || suite.verify(publicKey, label, ...rest),
})

/** The certificate, but for these properties. */
const having = (certificate: VerifiedCertificate, changed: Partial<VerifiedCertificate>): VerifiedCertificate =>
  Object.defineProperties(certificate, Object.getOwnPropertyDescriptors(changed))

export const faults: readonly Fault[] = [
  {
    name: 'a certificate is taken without its signature',
    rule: 'impostor',
    where: { adversary: 'impostor', seeds: 5 },
    plant: () => ({
      verifyCertificate: (genuine, suite, ...rest) => genuine(trusting(suite, 'cert'), ...rest),
    }),
  },
  {
    name: 'a card is taken without the signature of its certificate',
    rule: 'forged-certificate',
    where: { adversary: 'gossip', seeds: 10 },
    plant: () => ({
      verifyCertificate: (genuine, suite, ...rest) => genuine(trusting(suite, 'cert'), ...rest),
    }),
  },
  {
    name: 'a certificate of another topic is taken',
    rule: 'foreign-certificate',
    where: { adversary: 'gossip', seeds: 10 },
    plant: () => ({
      verifyCertificate: (genuine, suite, _topic, bytes) => genuine(suite, decodeCertificate(bytes).topic, bytes),
    }),
  },
  {
    name: 'an older certificate is taken',
    rule: 'older-certificate',
    where: { adversary: 'gossip', seeds: 10 },
    plant: () => ({
      verifyCertificate: (genuine, ...args) => {
        const verified = genuine(...args)
        return verified && having(verified, { issuedAt: 1 })
      },
    }),
  },
  {
    name: 'the id of a card is not compared with its certificate',
    rule: 'misnamed-card',
    where: { adversary: 'gossip', seeds: 10 },
    plant: () => ({
      verifyCertificate: (genuine, ...args) => {
        const verified = genuine(...args)
        const memberBytes = planted.record && rosterRecordHead(planted.record)?.member.slice()
        return verified && memberBytes
          ? having(verified, { memberBytes, member: encodeBase64url(memberBytes) })
          : verified
      },
    }),
  },
  {
    name: 'the signature of a record is not verified',
    rule: 'unsigned-card',
    where: { adversary: 'gossip', seeds: 10 },
    plant: () => ({ rosterSuite: (suite) => trusting(suite, 'record') }),
  },
  {
    name: 'the key of a handshake is not compared with its certificate',
    rule: 'unauthenticated',
    where: stealCertificate,
    plant: () => ({
      answeringSuite: (suite) => ({
        ...suite,
        start: (...setup) => {
          const handshake = suite.start(...setup)
          let payload: Uint8Array | null = null
          return {
            get remoteStatic() {
              return payload && decodeCertificate(decodeHandshakePayload(payload).certificate).session
            },
            write: (written) => handshake.write(written),
            read: (message) => (payload = handshake.read(message)),
            split: () => handshake.split(),
          }
        },
      }),
    }),
  },
  {
    name: 'a session is used before anything has come under its keys',
    rule: 'unauthenticated',
    where: { adversary: null, seeds: 20 },
    plant: () => ({ confirmsAtOnce: true }),
  },
  {
    name: 'BIND is not checked',
    rule: 'unbound',
    where: { adversary: 'tap', seeds: 5 },
    plant: () => ({ checksBind: false }),
  },
  {
    name: 'the replay window takes the highest counter again',
    rule: 'replayed',
    where: { adversary: 'replay', seeds: 10 },
    plant: () => ({ windowTakes: (counter, { highest }) => counter === highest }),
  },
  {
    name: 'the replay window clears one place too many as it moves',
    rule: 'replayed',
    where: { adversary: 'replay', seeds: 10 },
    plant: () => ({ windowTakes: (counter, { before }) => counter === before }),
  },
  {
    name: 'the replay window of set-up frames takes what lies just behind it',
    rule: 'replayed',
    where: replaySetups,
    plant: () => ({ windowTakes: (counter, { highest, size }) => counter === highest - size }),
  },
  {
    name: 'the replay window takes what lies just behind it',
    rule: 'replayed',
    where: replayAtWindowEnd,
    plant: () => ({ windowTakes: (counter, { highest, size }) => counter === highest - size }),
  },
  {
    name: 'the nonce is not advanced',
    rule: 'nonce-reuse',
    where: { adversary: null, seeds: 5 },
    plant: () => ({
      sessionSuite: (suite) => ({
        ...suite,
        seal: (key, _counter, ...rest) => suite.seal(key, 0, ...rest),
        open: (key, _counter, ...rest) => suite.open(key, 0, ...rest),
      }),
    }),
  },
  {
    name: 'the relay key is used for signaling',
    rule: 'nonce-reuse',
    where: { adversary: null, seeds: 20 },
    plant: () => {
      const relayed = { 'sig-i2r': 'relay-i2r', 'sig-r2i': 'relay-r2i' } as const
      return {
        sessionSuite: (suite) => ({
          ...suite,
          kdf: (key, label, ...parts) =>
            suite.kdf(key, label === 'sig-i2r' || label === 'sig-r2i' ? relayed[label] : label, ...parts),
        }),
      }
    },
  },
  {
    name: 'the nonces of hellos are none',
    rule: 'nonce-reuse',
    where: { adversary: null, seeds: 5 },
    plant: () => ({
      sealRandom: (genuine, sodium, _random, ...rest) => genuine(sodium, (size) => new Uint8Array(size), ...rest),
    }),
  },
  {
    name: 'hellos are in the clear',
    rule: 'server-reads',
    where: { adversary: null, seeds: 1 },
    plant: () => ({
      sealRandom: (_genuine, _sodium, random, _key, _ad, plaintext) => concatBytes(random(24), plaintext, random(16)),
      openRandom: (_genuine, _sodium, _key, _ad, sealed) => sealed.slice(24, -16),
    }),
  },
  {
    name: 'what relays carry is in the clear',
    rule: 'relay-reads',
    where: { adversary: null, seeds: 10 },
    plant: () => {
      const relayKeys = new Set<string>()
      return {
        sessionSuite: (suite) => ({
          ...suite,
          kdf: (key, label, ...parts) => {
            const derived = suite.kdf(key, label, ...parts)
            if (label.startsWith('relay-')) relayKeys.add(text(derived))
            return derived
          },
          seal: (key, counter, ad, plaintext) =>
            relayKeys.has(text(key))
              ? concatBytes(plaintext, suite.random(16))
              : suite.seal(key, counter, ad, plaintext),
          open: (key, counter, ad, sealed) =>
            relayKeys.has(text(key)) ? sealed.slice(0, -16) : suite.open(key, counter, ad, sealed),
        }),
      }
    },
  },
]
