export interface WavFormat {
  readonly sampleRate: number
  readonly channelCount: number
}

export const WAV_SAMPLE_BYTES = 2
/** A size of 32 bits, less the header; half, since some programs read it with a sign. */
export const MAX_WAV_BYTES = 2 ** 31 - 64
/** Players take it as "up to the end of the file", whatever there is. */
const UNKNOWN = 0xffffffff
const HEADER_BYTES = 44
const SIZE_AFTER = 8

/** The header of 16-bit samples; without `dataBytes` that of a file which is not done. */
export const wavHeader = ({ sampleRate, channelCount }: WavFormat, dataBytes?: number): Uint8Array => {
  const header = Buffer.alloc(HEADER_BYTES)
  const blockBytes = channelCount * WAV_SAMPLE_BYTES
  header.write('RIFF', 0)
  header.writeUInt32LE(dataBytes === undefined ? UNKNOWN : HEADER_BYTES - SIZE_AFTER + dataBytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channelCount, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * blockBytes, 28)
  header.writeUInt16LE(blockBytes, 32)
  header.writeUInt16LE(WAV_SAMPLE_BYTES * 8, 34)
  header.write('data', 36)
  header.writeUInt32LE(dataBytes ?? UNKNOWN, 40)
  return header
}
