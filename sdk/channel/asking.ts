import { SkeinError, type SkeinErrorCode } from '../errors.js'
import type { DeliveryReport } from '../mesh/events.js'
import {
  encodeChannelFrame,
  REASON,
  type AnswerFrame,
  type ErrorFrame,
  type Reason,
} from '../protocol/channel-frames.js'
import { DecodeError } from '../protocol/decode-error.js'
import { ANSWER_CREDIT } from '../protocol/limits.js'
import { requestAction } from './actions.js'
import { sendCertain, sendUntilHad } from './certain.js'
import type { Prepared } from './channel-core.js'
import type { Line } from './line.js'
import { RequestError } from './request-error.js'
import { createClosed } from './settings.js'
import { createInvalid } from './standard-schema.js'
import type { Timers } from './timers.js'

const failedAction = 'request failed'

/** What is asked of one member. */
export interface Question extends Pick<Prepared, 'checked'> {
  /** Copied during the call. */
  readonly payload: Uint8Array
  readonly to: string
  readonly isStream: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** Who asked. One of them is called last: `answered` with `isLast`, or `failed`. */
export interface Asker {
  /** `hasValue` is false for the end of a stream that has nothing more to say. */
  answered(answer: { readonly hasValue: boolean; readonly value: unknown; readonly isLast: boolean }): void
  failed(error: unknown): void
}

/** What who asked may do about it. */
export interface Asked {
  /** No answer is wanted any more. */
  cancel(): void
  /** So many items of the answer are taken. */
  grant(count: number): void
}

interface Pending {
  readonly id: number
  readonly line: Line
  readonly question: Omit<Question, 'payload'>
  readonly asker: Asker
  readonly end: () => void
  readonly stopTimer: () => void
  stage: 'validating' | 'sent' | 'acknowledged'
  /** The member has left; whether it had the question, its delivery tells. */
  hasLeft: boolean
  /** Items that may come before more is granted. */
  credit: number
  /** Of the item that is to come. */
  nextNumber: number
}

/** Requests that I make of others, each sent once, until they are answered, given up or beyond hope. */
export class Asking {
  readonly #timers: Timers
  readonly #invalid: (line: Line, from: string, error: SkeinError) => void
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  constructor(timers: Timers, invalid: (line: Line, from: string, error: SkeinError) => void) {
    this.#timers = timers
    this.#invalid = invalid
  }

  ask(line: Line, question: Question, asker: Asker): Asked {
    const id = ++this.#lastId
    const { signal, timeoutMs, isStream, payload } = question
    const frame = encodeChannelFrame({ type: 'request', id, isStream, payload })
    const handleAbort = (): void => {
      if (this.#giveUp(id)) asker.failed(signal?.reason)
    }
    const stopTimer = this.#timers.setTimer(timeoutMs, () => {
      this.#handleTimeout(id)
    })
    const end = (): void => {
      stopTimer()
      signal?.removeEventListener('abort', handleAbort)
    }
    const pending: Pending = {
      ...{ id, line, question, asker, end, stopTimer },
      ...{ stage: 'validating', hasLeft: false, credit: ANSWER_CREDIT, nextNumber: 1 },
    }
    this.#pending.set(id, pending)
    signal?.addEventListener('abort', handleAbort)
    this.#sendWhenValid(pending, frame)
    return {
      cancel: () => {
        this.#giveUp(id)
      },
      grant: (count) => {
        this.#grant(id, count)
      },
    }
  }

  #sendWhenValid(pending: Pending, frame: Uint8Array): void {
    const { line, question, id } = pending
    line.sending.order.add(question.checked, 0, (checked) => {
      if (!this.#pending.has(id)) return
      if (checked.isValid) this.#send(pending, frame)
      else this.#fail(id, createInvalid(requestAction, checked.cause))
    })
  }

  #send(pending: Pending, frame: Uint8Array): void {
    const { line, question, id } = pending
    pending.stage = 'sent'
    // Confirmed, since whether it may have run is to be told when the member leaves.
    line.requests.send(question.to, frame, { confirm: true }).then(
      (report) => {
        this.#handleReport(pending, report)
      },
      (error: unknown) => {
        this.#fail(id, withMaybeRan(error))
      },
    )
  }

  #handleReport(pending: Pending, report: DeliveryReport | undefined): void {
    const { id, question } = pending
    const failure = report?.failed[0]
    if (failure !== undefined) {
      const maybeRan = failure.maybeDelivered
      return this.#fail(id, createFailure(failure.code, `"${question.to}" did not get it for certain`, maybeRan))
    }
    pending.stage = 'acknowledged'
    if (pending.hasLeft) this.#failLeft(pending)
  }

  #handleTimeout(id: number): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    const { stage, question, asker } = pending
    this.#giveUp(id)
    const text = `"${question.to}" has not answered within ${question.timeoutMs} ms`
    asker.failed(createFailure('request-timeout', text, stage !== 'validating'))
  }

  /** Whether it was pending. */
  #giveUp(id: number): boolean {
    const pending = this.#end(id)
    if (pending === null) return false
    // A handler that is not told would keep its place, and what it holds, for as long as I am here.
    if (pending.stage !== 'validating') void sendUntilHad(pending.line.requests, pending.question.to, encodeCancel(id))
    return true
  }

  #grant(id: number, count: number): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    pending.credit += count
    const frame = encodeChannelFrame({ type: 'credit', id, count })
    void sendCertain(pending.line.requests, pending.question.to, frame).then((outcome) => {
      // It may have come all the same, so that it cannot be sent again.
      if (outcome === 'lost') this.#failLost(pending)
    })
  }

  #end(id: number): Pending | null {
    const pending = this.#pending.get(id)
    if (pending === undefined) return null
    this.#pending.delete(id)
    pending.end()
    return pending
  }

  #fail(id: number, error: unknown): void {
    this.#end(id)?.asker.failed(error)
  }

  #failLeft({ id, question }: Pending): void {
    this.#fail(id, createFailure('member-left', `"${question.to}" has left`, true))
  }

  /** Answers to what was never asked, or not of this member, are none. */
  #find(from: string, id: number): Pending | null {
    const pending = this.#pending.get(id)
    return pending?.question.to === from && pending.stage !== 'validating' ? pending : null
  }

  handleAnswer(from: string, { id, isLast, number, payload }: AnswerFrame): void {
    const pending = this.#find(from, id)
    if (pending === null) return
    // The time is for the first answer: a stream may well be silent for long.
    pending.stopTimer()
    try {
      assertExpected(pending, isLast, number, payload)
      if (number !== null && number !== pending.nextNumber++) return this.#failLost(pending)
      const value = payload === null ? undefined : pending.line.decode(payload)
      if (isLast) this.#end(id)
      pending.asker.answered({ hasValue: payload !== null, value, isLast })
    } catch (cause) {
      this.#violated(pending, cause)
    }
  }

  #failLost({ id, asker, question }: Pending): void {
    if (this.#giveUp(id)) asker.failed(createFailure('member-stalled', `an answer of "${question.to}" was lost`, true))
  }

  #violated({ id, line, question, asker }: Pending, cause: unknown): void {
    const text = `the answer of "${question.to}" cannot be read`
    if (this.#giveUp(id)) asker.failed(createFailure('value-invalid', text, true, cause))
    this.#invalid(line, question.to, createFailure('value-invalid', text, true, cause))
  }

  handleError(from: string, { id, reason, code, text }: ErrorFrame): void {
    if (this.#find(from, id) === null) return
    this.#fail(id, reason === REASON.THROWN ? new RequestError(code, text) : createRefusal(from, reason))
  }

  memberLeft(id: string): void {
    for (const pending of [...this.#pending.values()]) {
      // What is not sent yet goes to whoever has that id by then.
      if (pending.question.to !== id || pending.stage === 'validating') continue
      pending.hasLeft = true
      if (pending.stage === 'acknowledged') this.#failLeft(pending)
    }
  }

  /** The join is over: nobody answers any more. */
  left(): void {
    for (const { id, stage } of [...this.#pending.values()]) {
      this.#fail(id, createFailure('closed', 'the group was left', stage !== 'validating'))
    }
  }

  close(line: Line): void {
    for (const { id, stage, asker, line: other } of [...this.#pending.values()]) {
      if (other === line && this.#giveUp(id)) asker.failed(createClosed(failedAction, stage !== 'validating'))
    }
  }
}

const assertExpected = (pending: Pending, isLast: boolean, number: number | null, payload: Uint8Array | null): void => {
  const isWhole = isLast && payload !== null
  if (number === null ? !isWhole : !pending.question.isStream) throw new DecodeError('answer of another kind')
  if (!isLast && pending.credit-- === 0) throw new DecodeError('answers beyond credit')
}

const encodeCancel = (id: number): Uint8Array => encodeChannelFrame({ type: 'cancel', id })

const createFailure = (code: SkeinErrorCode, state: string, maybeRan: boolean, cause?: unknown): SkeinError =>
  new SkeinError(code, `${failedAction}: ${state}`, { maybeRan, ...(cause === undefined ? {} : { cause }) })

/** A rejected send, told as what it means for the request. */
const withMaybeRan = (error: unknown): unknown => {
  if (!(error instanceof SkeinError)) return error
  const { code, message, maybeDelivered = false } = error
  return new SkeinError(code, message, { cause: error, maybeDelivered, maybeRan: maybeDelivered })
}

type Refusal = readonly [code: SkeinErrorCode, state: string, maybeRan: boolean]

const refusals: Readonly<Record<Exclude<Reason, typeof REASON.THROWN>, Refusal>> = {
  [REASON.FAILED]: ['handler-failed', 'has failed to answer', true],
  [REASON.NO_HANDLER]: ['no-handler', 'has nothing to answer it', false],
  [REASON.BUSY]: ['busy', 'is answering too many already', false],
  [REASON.INVALID]: ['value-invalid', 'finds it not valid', false],
  [REASON.LOST]: ['member-stalled', 'has given up some of its answer, which was not acknowledged in time', true],
  [REASON.STREAMED]: ['answer-streamed', 'answers with a stream, which is for requestStream', true],
}

const createRefusal = (from: string, reason: Exclude<Reason, typeof REASON.THROWN>): SkeinError => {
  const [code, state, maybeRan] = refusals[reason]
  return createFailure(code, `"${from}" ${state}`, maybeRan)
}
