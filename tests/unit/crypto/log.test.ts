import { blake2b } from '@noble/hashes/blake2.js'
import { describe, expect, it } from 'vitest'
import {
  createBlockCipher,
  createTreeHash,
  logIdOf,
  logKeysOf,
  signLogHead,
  verifyLogHead,
} from '../../../sdk/crypto/log.js'
import { sign } from '../../../sdk/crypto/signature.js'
import { concatBytes, encodeUtf8 } from '../../../sdk/util/bytes.js'
import { Random } from '../../support/random.js'
import { hex, sodium } from './setup.js'

const setup = () => {
  const random = new Random('logs')
  const draw = (size: number): Uint8Array => random.bytes(size)
  const keys = logKeysOf(sodium, draw(32))
  return { draw, keys, root: draw(32) }
}

describe('the tree of a log', () => {
  it('J1: hashes by BLAKE2b-256, leaves and nodes apart', () => {
    const tree = createTreeHash(sodium)
    const [left, right] = [tree.leaf(encodeUtf8('a')), tree.leaf(encodeUtf8('b'))]
    const blake = (...parts: Uint8Array[]): Uint8Array => blake2b(concatBytes(...parts), { dkLen: 32 })
    expect(left).toEqual(blake(Uint8Array.of(0), encodeUtf8('a')))
    expect(tree.node(left, right)).toEqual(blake(Uint8Array.of(1), left, right))
    expect(tree.leaf(concatBytes(left, right))).not.toEqual(tree.node(left, right))
  })
})

describe('the head of a log', () => {
  it('J3, J4: is taken as its writer signed it, and not when any bit of it is another', () => {
    const { keys, root } = setup()
    const head = signLogHead(sodium, keys.secretKey, { key: keys.publicKey, size: 3, root })
    expect(verifyLogHead(sodium, head)).toMatchObject({ key: keys.publicKey, size: 3, root })
    const taken = Array.from({ length: head.length * 8 }, (_, bit) => {
      const other = head.slice()
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
      return verifyLogHead(sodium, other)
    }).filter((result) => result !== null)
    expect(taken).toEqual([])
  })

  it('J4: is taken under no other label, and from nobody else', () => {
    const { draw, keys, root } = setup()
    const head = signLogHead(sodium, keys.secretKey, { key: keys.publicKey, size: 3, root })
    const body = head.subarray(0, -64)
    expect(verifyLogHead(sodium, concatBytes(body, sign(sodium, keys.secretKey, 'record', body)))).toBeNull()
    const other = logKeysOf(sodium, draw(32))
    expect(verifyLogHead(sodium, concatBytes(body, sign(sodium, other.secretKey, 'log-head', body)))).toBeNull()
    expect(verifyLogHead(sodium, concatBytes(head, Uint8Array.of(0)))).toBeNull()
  })
})

describe('the id of a log', () => {
  it('J5: follows from its key and is another', () => {
    const { keys } = setup()
    const id = logIdOf(sodium, keys.publicKey)
    expect(id).toHaveLength(32)
    expect(hex(logIdOf(sodium, keys.publicKey))).toBe(hex(id))
    expect(hex(id)).not.toBe(hex(keys.publicKey))
  })
})

describe('an encrypted block', () => {
  it('J6: is 40 bytes longer, another each time, and opens under its key, at its place, in its log', () => {
    const { draw, keys } = setup()
    const encryptionKey = draw(32)
    const cipher = createBlockCipher(sodium, draw, encryptionKey, keys.publicKey)
    const block = encodeUtf8('a secret')
    const sealed = cipher.seal(2 ** 33, block)
    expect(sealed).toHaveLength(block.length + 40)
    expect(cipher.seal(2 ** 33, block)).not.toEqual(sealed)
    expect(cipher.open(2 ** 33, sealed)).toEqual(block)
    expect(cipher.open(2 ** 33 + 1, sealed)).toBeNull()
    expect(cipher.open(0, sealed)).toBeNull()
    expect(createBlockCipher(sodium, draw, draw(32), keys.publicKey).open(2 ** 33, sealed)).toBeNull()
    expect(createBlockCipher(sodium, draw, encryptionKey, draw(32)).open(2 ** 33, sealed)).toBeNull()
    expect(cipher.open(2 ** 33, sealed.subarray(0, 39))).toBeNull()
    expect(cipher.open(2 ** 33, sealed.subarray(1))).toBeNull()
  })
})
