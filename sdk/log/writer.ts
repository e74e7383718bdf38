import { DecodeError } from '../protocol/decode-error.js'
import { decodeLogWriter, type LogWriter } from '../protocol/log-writer.js'
import { damaged } from './failures.js'

/** Throws `log-damaged`. */
export const readWriter = (bytes: Uint8Array): LogWriter => {
  try {
    return decodeLogWriter(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw damaged('its secret cannot be read', error)
  }
}
