import fc, { type Arbitrary } from 'fast-check'
import { encodeValue } from '../../sdk/protocol/any-value.js'
import type { MediaFrame } from '../../sdk/protocol/media-frames.js'

const kinds = fc.constantFrom('audio' as const, 'video' as const)
/** All that members may say to each other of their media. Labels and ids follow from the places, so that none comes twice. */
export const mediaFrames: Arbitrary<MediaFrame> = fc.oneof(
  fc
    .array(fc.tuple(fc.jsonValue({ maxDepth: 1 }), fc.array(fc.tuple(kinds, fc.boolean()), { maxLength: 2 })), {
      maxLength: 8,
    })
    .map((streams) => ({
      type: 'state' as const,
      streams: streams.map(([metadata, tracks], at) => ({
        id: at * 0x1000_0000,
        metadata: encodeValue(JSON.stringify(metadata).slice(0, 200), 1_024),
        tracks: tracks.map(([kind, muted], index) => ({ label: at * 8 + index, kind, muted })),
      })),
    })),
  fc
    .uniqueArray(fc.record({ label: fc.nat(0xffff), shown: fc.boolean(), maxHeight: fc.maxSafeNat() }), {
      maxLength: 32,
      selector: ({ label }) => label,
    })
    .map((wishes) => ({ type: 'wishes' as const, wishes })),
)
