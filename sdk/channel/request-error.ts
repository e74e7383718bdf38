import { MAX_ERROR_CODE_LENGTH, MAX_ERROR_TEXT_LENGTH } from '../protocol/limits.js'

/**
 * What a handler throws for the requester to see: there, an error of the same class, code and text rejects its request.
 * Nothing else that a handler throws is told to anybody but its own application.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  /** Of the application's choice. */
  readonly code: string
  /** The handler has run: it says so itself. */
  readonly maybeRan = true

  /** Throws a `RangeError` unless `code` has 1 to 64 characters. A longer text than 512 is cut. */
  constructor(code: string, text = '', options?: { readonly cause?: unknown }) {
    super(cutText(text), options)
    if (code.length === 0 || code.length > MAX_ERROR_CODE_LENGTH) {
      throw new RangeError(`error could not be made: its code has ${code.length} characters, not 1 to 64`)
    }
    this.code = code
  }
}

/** What of it is told to the requester: within its limits whatever became of the error since; `null` if it has no code any more. */
export const readRequestError = ({
  code,
  message,
}: RequestError): { readonly code: string; readonly text: string } | null =>
  code === '' ? null : { code: code.slice(0, MAX_ERROR_CODE_LENGTH), text: cutText(message) }

/** Not between the two halves of a character. */
const cutText = (text: string): string => text.slice(0, MAX_ERROR_TEXT_LENGTH).replace(/[\ud800-\udbff]$/, '')
