/** YUV4MPEG2: raw pictures one after the other, at a rate that stays. What is there of a file that was cut off can be played. */
export const y4mHeader = (width: number, height: number, framesPerSecond: number): Uint8Array =>
  // As WebRTC has it: `jpeg` is where colours sit between the pixels, and brightness goes from 16 to 235.
  Buffer.from(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg XCOLORRANGE=LIMITED\n`)

export const y4mFrameHeader: Uint8Array = Buffer.from('FRAME\n')

export const i420Bytes = (width: number, height: number): number =>
  width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2)
