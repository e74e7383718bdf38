import * as encoding from 'lib0/encoding'
import { decodeValue } from './any-value.js'
import { DecodeError } from './decode-error.js'
import { MAX_MEDIA_METADATA_BYTES, MAX_MEDIA_SLOTS, MAX_MEDIA_STREAMS, MAX_STREAM_TRACKS } from './limits.js'
import { Reader } from './reader.js'

/**
 * STATE  = 0 | count varint | count times: id u32 | metadata lp | tracks varint | that many times: label u16 | flags u8
 * WISHES = 1 | count varint | count times: label u16 | flags u8 | height varint (0: any)
 *
 * What members tell each other of their media, each time whole. Flags of a track: 1 video, else audio; 2 muted. Those of a
 * wish: 1 it is shown.
 */
const TYPE = { STATE: 0, WISHES: 1 } as const
const TRACK_FLAG = { VIDEO: 1, MUTED: 2 } as const
const WISH_FLAG = { SHOWN: 1 } as const

export interface MediaTrack {
  /** Under which it comes on the link. */
  readonly label: number
  readonly kind: 'audio' | 'video'
  readonly muted: boolean
}

export interface MediaStreamState {
  /** The sender's name for it, as long as there is this stream. */
  readonly id: number
  /** A value, encoded. */
  readonly metadata: Uint8Array
  readonly tracks: readonly MediaTrack[]
}

/** What somebody does with a track of the other's. */
export interface MediaWish {
  readonly label: number
  readonly shown: boolean
  /** In pixels, beyond which nothing is seen; 0: no limit. */
  readonly maxHeight: number
}

export type MediaFrame =
  | { readonly type: 'state'; readonly streams: readonly MediaStreamState[] }
  | { readonly type: 'wishes'; readonly wishes: readonly MediaWish[] }

export const encodeMediaFrame = (frame: MediaFrame): Uint8Array =>
  encoding.encode((encoder) => {
    if (frame.type === 'state') writeState(encoder, frame.streams)
    else writeWishes(encoder, frame.wishes)
  })

const writeState = (encoder: encoding.Encoder, streams: readonly MediaStreamState[]): void => {
  encoding.writeUint8(encoder, TYPE.STATE)
  encoding.writeVarUint(encoder, streams.length)
  for (const { id, metadata, tracks } of streams) {
    encoding.writeUint32(encoder, id)
    encoding.writeVarUint8Array(encoder, metadata)
    encoding.writeVarUint(encoder, tracks.length)
    for (const { label, kind, muted } of tracks) {
      encoding.writeUint16(encoder, label)
      encoding.writeUint8(encoder, (kind === 'video' ? TRACK_FLAG.VIDEO : 0) | (muted ? TRACK_FLAG.MUTED : 0))
    }
  }
}

const writeWishes = (encoder: encoding.Encoder, wishes: readonly MediaWish[]): void => {
  encoding.writeUint8(encoder, TYPE.WISHES)
  encoding.writeVarUint(encoder, wishes.length)
  for (const { label, shown, maxHeight } of wishes) {
    encoding.writeUint16(encoder, label)
    encoding.writeUint8(encoder, shown ? WISH_FLAG.SHOWN : 0)
    encoding.writeVarUint(encoder, maxHeight)
  }
}

/** Metadata are views, not copies, and hold a value. */
export const decodeMediaFrame = (bytes: Uint8Array): MediaFrame => {
  const reader = new Reader(bytes)
  const type = reader.u8()
  if (type === TYPE.STATE) return whole(reader, { type: 'state', streams: readStreams(reader) })
  if (type === TYPE.WISHES) return whole(reader, { type: 'wishes', wishes: readWishes(reader) })
  throw new DecodeError('type not in use')
}

const whole = (reader: Reader, frame: MediaFrame): MediaFrame => {
  reader.end()
  return frame
}

const readCount = (reader: Reader, max: number): number => {
  const count = reader.varint()
  if (count > max) throw new DecodeError('too many')
  return count
}

const readFlags = (reader: Reader, known: number): number => {
  const flags = reader.u8()
  if ((flags & ~known) !== 0) throw new DecodeError('flags not in use')
  return flags
}

const readStreams = (reader: Reader): MediaStreamState[] => {
  const streams: MediaStreamState[] = []
  for (let left = readCount(reader, MAX_MEDIA_STREAMS); left > 0; left--) streams.push(readStream(reader))
  const tracks = streams.flatMap((stream) => stream.tracks)
  checkNames(streams.map(({ id }) => id))
  checkNames(tracks.map(({ label }) => label))
  // More could never come: no link has room for them.
  for (const kind of ['audio', 'video']) {
    if (tracks.filter((track) => track.kind === kind).length > MAX_MEDIA_SLOTS) throw new DecodeError('too many tracks')
  }
  return streams
}

const readStream = (reader: Reader): MediaStreamState => {
  const id = reader.u32()
  const metadata = reader.prefixed(MAX_MEDIA_METADATA_BYTES)
  decodeValue(metadata)
  const tracks: MediaTrack[] = []
  for (let left = readCount(reader, MAX_STREAM_TRACKS); left > 0; left--) {
    const label = reader.u16()
    const flags = readFlags(reader, TRACK_FLAG.VIDEO | TRACK_FLAG.MUTED)
    const kind = (flags & TRACK_FLAG.VIDEO) === 0 ? 'audio' : 'video'
    tracks.push({ label, kind, muted: (flags & TRACK_FLAG.MUTED) !== 0 })
  }
  return { id, metadata, tracks }
}

const readWishes = (reader: Reader): MediaWish[] => {
  const wishes: MediaWish[] = []
  for (let left = readCount(reader, 2 * MAX_MEDIA_SLOTS); left > 0; left--) {
    const label = reader.u16()
    const shown = readFlags(reader, WISH_FLAG.SHOWN) !== 0
    wishes.push({ label, shown, maxHeight: reader.varint() })
  }
  checkNames(wishes.map(({ label }) => label))
  return wishes
}

const checkNames = (names: readonly number[]): void => {
  if (new Set(names).size !== names.length) throw new DecodeError('the same twice')
}
