import fc, { type Arbitrary } from 'fast-check'
import type { StreamEnd, TransferFrame } from '../../sdk/protocol/transfer-frames.js'
import { encodeBase64url } from '../../sdk/util/base64url.js'
import { encodeUtf8 } from '../../sdk/util/bytes.js'

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(encodeBase64url)
const text = (maxBytes: number): Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: maxBytes }).filter((value) => encodeUtf8(value).length <= maxBytes)
const of = <Type extends TransferFrame['type']>(type: Type) => fc.constant(type)
const metadata = fc.option(
  fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
  { nil: undefined },
)

/** All that members may say to each other of their transfers. */
export const transferFrames: Arbitrary<TransferFrame> = fc.oneof(
  fc.record({
    type: of('offer'),
    id,
    name: text(255),
    size: fc.option(fc.maxSafeNat()),
    mediaType: text(255),
    metadata,
    resumeId: id,
  }),
  fc.record({ type: of('accept'), id, offset: fc.maxSafeNat() }),
  fc.record({ type: of('reject'), id, cause: fc.nat(255), reason: text(512) }),
  fc.record({ type: of('progress'), id, bytes: fc.maxSafeNat() }),
  fc.record({ type: of('done'), id }),
  fc.record({ type: of('fail'), id, cause: fc.nat(255), reason: text(512) }),
  fc.record({ type: of('withdraw'), id, reason: text(512) }),
  fc.record({ type: of('open'), id, label: text(64) }),
  fc.record({ type: of('opened'), id }),
  fc.record({ type: of('refuse'), id }),
  fc.record({ type: of('abort'), id, reason: text(512) }),
  fc.record({ type: of('stop'), id, reason: text(512) }),
)
/** How a stream of bytes may end. */
export const streamEnds: Arbitrary<StreamEnd> = fc.oneof(
  fc.record({ type: fc.constant('given-up' as const), reason: text(512) }),
  fc.record({
    type: fc.constant('whole' as const),
    size: fc.maxSafeNat(),
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  fc.constant({ type: 'closed' as const }),
)
