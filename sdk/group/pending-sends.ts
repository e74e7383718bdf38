import { SkeinError } from '../errors.js'
import type { DeliveryFailure, DeliveryReport } from '../mesh/events.js'

/** Either kind is settled once, by what the engine says of its submission or by its signal. */
interface PendingSend {
  readonly admitted: () => void
  readonly reported: (report: DeliveryReport) => void
  readonly reject: (reason: unknown) => void
}

const nothing = (): void => undefined

/** The sends of one join that wait: for room, or for what becomes of their message. */
export class PendingSends {
  readonly #pending = new Map<number, PendingSend>()
  #last = 0

  /**
   * `submit` is called once, now. The promise resolves when the engine admits the submission. An abort ends only the
   * waiting: the engine keeps the message, since a gap in the sequence of a sender could not be told from a loss.
   */
  add(signal: AbortSignal | undefined, submit: (submission: number) => void): Promise<undefined> {
    return this.#wait<undefined>(signal, submit, (resolve) => ({
      admitted: () => {
        resolve(undefined)
      },
      reported: nothing,
    }))
  }

  /** As `add`; resolves when every recipient has the message or never will. */
  addConfirmed(signal: AbortSignal | undefined, submit: (submission: number) => void): Promise<DeliveryReport> {
    return this.#wait<DeliveryReport>(signal, submit, (resolve) => ({ admitted: nothing, reported: resolve }))
  }

  handleAdmitted(submission: number): void {
    this.#pending.get(submission)?.admitted()
  }

  handleReported(submission: number, report: DeliveryReport): void {
    this.#pending.get(submission)?.reported(report)
  }

  /** It was for a member alone that will never have room for it. */
  handleFailed(submission: number, failure: DeliveryFailure): void {
    this.#pending.get(submission)?.reject(createDeliveryError(failure))
  }

  /** A fresh error for each, since nobody may share one. */
  rejectAll(createError: () => Error): void {
    for (const send of [...this.#pending.values()]) send.reject(createError())
  }

  #wait<Value>(
    signal: AbortSignal | undefined,
    submit: (submission: number) => void,
    listen: (resolve: (value: Value) => void) => Omit<PendingSend, 'reject'>,
  ): Promise<Value> {
    const submission = ++this.#last
    const promise = new Promise<Value>((resolve, reject) => {
      const forget = () => {
        this.#pending.delete(submission)
        signal?.removeEventListener('abort', handleAbort)
      }
      const handleAbort = () => {
        forget()
        reject(signal?.reason)
      }
      this.#pending.set(submission, {
        ...listen((value) => {
          forget()
          resolve(value)
        }),
        reject: (reason) => {
          forget()
          reject(reason)
        },
      })
      signal?.addEventListener('abort', handleAbort)
    })
    submit(submission)
    return promise
  }
}

const states: Readonly<Record<DeliveryFailure['code'], string>> = {
  'member-left': 'has left',
  'member-stalled': 'acknowledges nothing',
  'stream-refused': 'has too much of this member open already',
  closed: 'is sent no more of this',
}

/** Why a message to one member alone did not arrive, or not for certain. */
export const createDeliveryError = ({ id, code, maybeDelivered }: DeliveryFailure): SkeinError => {
  const what = maybeDelivered ? 'message may not have been delivered' : 'message could not be sent'
  return new SkeinError(code, `${what}: "${id}" ${states[code]}`, { maybeDelivered })
}
