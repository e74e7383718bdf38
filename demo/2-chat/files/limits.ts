const MiB = 2 ** 20

/** As large as one message may be, though a file travels in slices so that both ends see it move. */
export const maxFileBytes = 64 * MiB
export const sliceBytes = 128 * 1024
/** What may be on its way to this page at once, all senders together: it is held in memory. */
export const maxArrivingBytes = 256 * MiB
/** What has arrived stays at hand up to here; then the oldest goes. */
export const maxKeptBytes = 512 * MiB

const units = ['bytes', 'KiB', 'MiB', 'GiB']

export const sizeInWords = (bytes: number): string => {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[power] ?? ''}`
}

export const limitInWords = `up to ${sizeInWords(maxFileBytes)} each`
