import { expect, it } from 'vitest'
import { IncomingFiles, type FileInfo } from '../../../demo/2-chat/files/incoming.js'
import { maxArrivingBytes, maxFileBytes } from '../../../demo/2-chat/files/limits.js'

const setup = () => {
  const told: string[] = []
  const blobs: Blob[] = []
  const name = ({ from, name: file }: FileInfo): string => `${from} ${file}`
  const files = new IncomingFiles({
    onBegin: (info) => told.push(`${name(info)} begins`),
    onProgress: (info, bytes) => told.push(`${name(info)} ${bytes}`),
    onDone: (info, blob) => {
      told.push(`${name(info)} done`)
      blobs.push(blob)
    },
    onFailed: (info, why) => told.push(`${name(info)} ${why}`),
    onRefuse: (info) => told.push(`${name(info)} refused`),
  })
  const announce = (from: string, file: string, size: number, mime = ''): void =>
    files.handle(from, { type: 'file', file, name: file, mime, size })
  const slice = (from: string, file: string, offset: number, ...bytes: number[]): void =>
    files.handle(from, { type: 'slice', file, offset, bytes: Uint8Array.from(bytes) })
  return { files, told, blobs, announce, slice }
}

const bytesOf = async (blob: Blob | undefined): Promise<number[]> => [
  ...new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer()),
]

it('files of several senders do not mix, not even under the same id', async () => {
  const { blobs, announce, slice } = setup()
  announce('ada', 'f', 4)
  announce('bob', 'f', 2)
  slice('ada', 'f', 0, 1, 2)
  slice('bob', 'f', 0, 8, 9)
  slice('ada', 'f', 2, 3, 4)
  expect(await Promise.all(blobs.map(bytesOf))).toEqual([
    [8, 9],
    [1, 2, 3, 4],
  ])
})

it('an empty file is there at once', () => {
  const { told, announce } = setup()
  announce('ada', 'f', 0)
  expect(told).toEqual(['ada f begins', 'ada f done'])
})

it.each([
  ['more than was announced', 0, [1, 2, 3, 4]],
  ['a slice out of turn', 1, [1]],
  ['a slice with nothing in it', 0, []],
])('%s ends the file, and the sender is told to stop', (_name, offset, bytes) => {
  const { told, announce, slice } = setup()
  announce('ada', 'f', 3)
  slice('ada', 'f', offset, ...bytes)
  slice('ada', 'f', 0, 1)
  expect(told).toEqual(['ada f begins', 'ada f refused', 'ada f damaged'])
})

it('refuses a file over the limit, and takes one that is just within', () => {
  const { told, announce } = setup()
  announce('ada', 'large', maxFileBytes + 1)
  announce('ada', 'fits', maxFileBytes)
  expect(told).toEqual(['ada large refused', 'ada large too-large', 'ada fits begins'])
})

it('refuses what would be too much at once, until something has ended', () => {
  const { files, told, announce } = setup()
  const most = maxArrivingBytes / maxFileBytes
  for (let i = 0; i < most; i += 1) announce('ada', `f${i}`, maxFileBytes)
  announce('bob', 'late', 1)
  files.handle('ada', { type: 'stop', file: 'f0' })
  announce('bob', 'later', 1)
  expect(told.slice(most)).toEqual(['bob late refused', 'bob late too-much', 'ada f0 cancelled', 'bob later begins'])
})

it('ends what one who has left was sending, and nothing else', () => {
  const { files, told, announce } = setup()
  announce('ada', 'f', 3)
  announce('bob', 'f', 3)
  files.forget('ada')
  expect(told.slice(2)).toEqual(['ada f sender-left'])
})

it('slices that nobody announced are of no consequence', () => {
  const { told, slice } = setup()
  slice('ada', 'f', 0, 1)
  expect(told).toEqual([])
})

it.each([
  ['image/png', 'image/png'],
  ['text/html', 'application/octet-stream'],
  ['image/svg+xml', 'application/octet-stream'],
])('what came as %s is kept as %s', (mime, type) => {
  const { blobs, announce } = setup()
  announce('ada', 'f', 0, mime)
  expect(blobs[0]?.type).toBe(type)
})
