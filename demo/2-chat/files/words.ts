import { SkeinError, type TransferProgress, type TransferReport } from 'skein'
import { namesInWords } from '../../shared/words.js'

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']

export const sizeInWords = (bytes: number): string => {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[power] ?? ''}`
}

/** `12 of 58 MiB`. */
export const amountInWords = ({ bytes, size }: Pick<TransferProgress, 'bytes' | 'size'>): string =>
  size === null ? sizeInWords(bytes) : `${sizeInWords(bytes)} of ${sizeInWords(size)}`

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`

/** Rough on purpose: nobody wants to see seconds of an hour waver. */
export const timeLeftInWords = (seconds: number): string => {
  if (seconds < 1.5) return 'a second left'
  if (seconds < 10) return `${Math.round(seconds)} seconds left`
  if (seconds < 55) return `about ${Math.round(seconds / 5) * 5} seconds left`
  if (seconds < 55 * 60) return `about ${counted(Math.round(seconds / 60), 'minute')} left`
  if (seconds < 36 * 3_600) return `about ${counted(Math.round(seconds / 3_600), 'hour')} left`
  return 'days left'
}

/** `idle` is said when nothing moves. */
export const paceInWords = ({ rate, secondsLeft }: TransferProgress, idle: string): string => {
  if (rate < 1) return idle
  const speed = `${sizeInWords(rate)} a second`
  return secondsLeft === null ? speed : `${speed}, ${timeLeftInWords(secondsLeft)}`
}

/** What became of a file that I sent, for each of those that it was for. */
export const reportInWords = ({ delivered, failed }: TransferReport, nameById: (id: string) => string): string => {
  const names = (...codes: readonly string[]): string =>
    namesInWords(failed.flatMap(({ id, code }) => (codes.includes(code) ? [nameById(id)] : [])))
  const [declined, cancelled, gone] = [
    names('file-declined'),
    names('transfer-cancelled'),
    names('member-left', 'member-unknown'),
  ]
  const rest = failed.filter(
    ({ code }) => !['file-declined', 'transfer-cancelled', 'member-left', 'member-unknown'].includes(code),
  )
  return [
    delivered.length > 0 ? `sent to ${namesInWords(delivered.map(nameById))}` : '',
    declined && `declined by ${declined}`,
    cancelled && `cancelled by ${cancelled}`,
    gone && `${gone} left before it was there`,
    rest.length > 0 ? `did not get through to ${namesInWords(rest.map(({ id }) => nameById(id)))}` : '',
  ]
    .filter((part) => part !== '')
    .join('; ')
}

/** Why a file that I send has ended for everyone. */
export const sendingFailureInWords = (error: unknown): string => {
  if (!(error instanceof SkeinError)) return error instanceof DOMException ? 'could not be read' : 'not sent'
  if (error.code === 'transfer-cancelled') return 'cancelled'
  return error.code === 'closed' ? 'not sent: you have left' : 'not sent'
}

/** Why a file of this member does not arrive. */
export const receivingFailureInWords = (error: unknown, from: string): string => {
  if (error instanceof DOMException && error.name === 'AbortError') return 'not saved: no place was chosen'
  if (!(error instanceof SkeinError)) return 'could not be saved'
  if (error.code === 'transfer-cancelled') return error.by === 'me' ? 'cancelled' : `cancelled by ${from}`
  if (error.code === 'member-left') return `${from} has left before it was here`
  if (error.code === 'closed') return 'you left before it was here'
  return error.code === 'file-corrupt' ? 'what arrived is not what was sent' : 'did not get through'
}
