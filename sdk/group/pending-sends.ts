import { SkeinError } from '../errors.js'
import type { Audience } from '../mesh/events.js'

interface PendingSend {
  readonly to: Audience
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** The sends of one join that wait until the engine has room for their message. */
export class PendingSends {
  readonly #pending = new Map<number, PendingSend>()
  #last = 0

  /**
   * `submit` is called once, now. The promise resolves when the engine admits the submission. An abort ends only the
   * waiting: the engine keeps the message, since a gap in the sequence of a sender could not be told from a loss.
   */
  add(to: Audience, signal: AbortSignal | undefined, submit: (submission: number) => void): Promise<void> {
    const submission = ++this.#last
    const promise = new Promise<void>((resolve, reject) => {
      const forget = () => {
        this.#pending.delete(submission)
        signal?.removeEventListener('abort', handleAbort)
      }
      const handleAbort = () => {
        forget()
        reject(signal?.reason)
      }
      this.#pending.set(submission, {
        to,
        resolve: () => {
          forget()
          resolve()
        },
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

  handleAdmitted(submission: number): void {
    this.#pending.get(submission)?.resolve()
  }

  /** What waited for this member alone will never have room. */
  handleMemberLeft(id: string): void {
    for (const send of [...this.#pending.values()]) {
      if (send.to === id) send.reject(new SkeinError('member-left', `message could not be sent: "${id}" has left`))
    }
  }

  /** A fresh error for each, since nobody may share one. */
  rejectAll(createError: () => Error): void {
    for (const send of [...this.#pending.values()]) send.reject(createError())
  }
}
