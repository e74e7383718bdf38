import type { CryptoSuite, Handshake } from '../../sdk/crypto/suite.js'
import { memberIdBytes } from '../../sdk/mesh/session/certificates.js'
import { decodeCertificate } from '../../sdk/protocol/certificate.js'
import { decodeHandshakePayload } from '../../sdk/protocol/handshake-payload.js'
import { encodeBase64url } from '../../sdk/util/base64url.js'
import { text } from './memory.js'

/** Whose engine it is: a member of the group, or one that claims to be another. */
export interface Party {
  readonly name: string
  readonly isStranger: boolean
}

interface SessionWorld {
  readonly partyById: (id: string) => Party | undefined
  readonly fail: (rule: string, detail: string) => never
}

const EPHEMERAL_BYTES = 32
/** Of these a member takes every frame once. */
const onceOpened = /^(relay|sig|ws)-/

/**
 * Sees every handshake of a world at both its ends, whatever the engines believe of it: which engine wrote a message,
 * whom its certificate names, and who ends up with the same session.
 */
export class SessionWatch {
  /** Who wrote the handshake message with this ephemeral key. */
  readonly #authors = new Map<string, Party>()
  /** Who has a session of this hash. */
  readonly #holders = new Map<string, Party[]>()
  readonly #pairs = new Set<string>()
  readonly #world: SessionWorld

  constructor(world: SessionWorld) {
    this.#world = world
  }

  /** Whether the engines of both have had a session with each other. */
  have(a: Party, b: Party): boolean {
    return this.#pairs.has(`${a.name} ${b.name}`)
  }

  /** What one engine is handed. */
  suiteOf(suite: CryptoSuite, owner: Party): CryptoSuite {
    const opened = new Map<string, Set<number>>()
    return {
      ...suite,
      start: (...setup) => this.#watch(suite, owner, suite.start(...setup)),
      kdf: (key, label, ...parts) => {
        const derived = suite.kdf(key, label, ...parts)
        if (onceOpened.test(label) && !opened.has(text(derived))) opened.set(text(derived), new Set())
        return derived
      },
      open: (key, counter, ad, sealed) => {
        const plaintext = suite.open(key, counter, ad, sealed)
        const counters = plaintext === null ? undefined : opened.get(text(key))
        if (counters?.has(counter)) this.#world.fail('replayed', `${owner.name} takes frame ${counter} of a key twice`)
        counters?.add(counter)
        return plaintext
      },
    }
  }

  #watch(suite: CryptoSuite, owner: Party, handshake: Handshake): Handshake {
    let read: { readonly author: Party | undefined; readonly payload: Uint8Array } | null = null
    return {
      get remoteStatic() {
        return handshake.remoteStatic
      },
      write: (payload) => {
        const message = handshake.write(payload)
        this.#authors.set(ephemeralOf(message), owner)
        return message
      },
      read: (message) => {
        const payload = handshake.read(message)
        if (payload !== null) read = { payload, author: this.#authors.get(ephemeralOf(message)) }
        return payload
      },
      split: () => {
        const secrets = handshake.split()
        if (!owner.isStranger && read !== null) this.#check(owner, read.author, idOf(suite, read.payload))
        this.#hold(text(secrets.hash), owner)
        return secrets
      },
    }
  }

  #check(owner: Party, author: Party | undefined, claimedId: string): void {
    const claimed = this.#world.partyById(claimedId)
    if (claimed?.isStranger === true) {
      this.#world.fail('impostor', `${owner.name} makes a session with ${claimed.name}, whose identity is another's`)
    }
    if (claimed === undefined || claimed !== author) {
      const [shown, made] = [claimed?.name ?? claimedId, author?.name ?? 'nobody']
      this.#world.fail('unauthenticated', `${owner.name} makes a session with ${shown} that is one with ${made}`)
    }
  }

  #hold(hash: string, owner: Party): void {
    const others = this.#holders.get(hash) ?? []
    for (const other of others) this.#pairs.add(`${owner.name} ${other.name}`).add(`${other.name} ${owner.name}`)
    this.#holders.set(hash, [...others, owner])
  }
}

const ephemeralOf = (message: Uint8Array): string => text(message.subarray(0, EPHEMERAL_BYTES))

/** The member that the certificate of a handshake payload names. */
const idOf = (suite: CryptoSuite, payload: Uint8Array): string => {
  const { session, identity } = decodeCertificate(decodeHandshakePayload(payload).certificate)
  return encodeBase64url(memberIdBytes(suite, session, identity))
}
