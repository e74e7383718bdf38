import type { Audience, DeliveryReport } from '../mesh/events.js'
import { readSendCall, type SendOptions } from './call-options.js'
import type { GroupCore } from './group-core.js'
import { assertMessageData, encodeMessage, type MessageData } from './messages.js'
import { createDeliveryError } from './pending-sends.js'
import { watch } from '../util/watch.js'

const action = 'message could not be sent'

type Report = (error: unknown) => void

/** A report when one is wanted. Bad arguments throw; everything else rejects. */
export const sendToAll = (
  core: GroupCore,
  report: Report,
  data: unknown,
  options: SendOptions,
): Promise<DeliveryReport | undefined> => {
  assertMessageData(data)
  const { signal, confirm } = readSendCall(action, options)
  return watch<DeliveryReport | undefined>(report, signal, () =>
    confirm ? confirmed(core, 'all', data, signal) : unconfirmed(core, 'all', data, signal),
  )
}

export const sendToOne = (
  core: GroupCore,
  report: Report,
  id: string,
  data: unknown,
  options: SendOptions,
): Promise<void> => {
  assertMessageData(data)
  const { signal, confirm } = readSendCall(action, options)
  return watch(report, signal, async () => {
    if (!confirm) return unconfirmed(core, id, data, signal)
    const { failed } = await confirmed(core, id, data, signal)
    if (failed[0]) throw createDeliveryError(failed[0])
  })
}

type Send<Value> = (core: GroupCore, to: Audience, data: MessageData, signal: AbortSignal | undefined) => Promise<Value>

const unconfirmed: Send<undefined> = (core, to, data, signal) =>
  core.joined(action).sends.add(signal, submitterOf(core, to, data, signal, false))

const confirmed: Send<DeliveryReport> = (core, to, data, signal) =>
  core.joined(action).sends.addConfirmed(signal, submitterOf(core, to, data, signal, true))

const submitterOf = (
  core: GroupCore,
  to: Audience,
  data: MessageData,
  signal: AbortSignal | undefined,
  confirm: boolean,
): ((submission: number) => void) => {
  const join = core.joined(action)
  if (to !== 'all') core.peer(action, to)
  signal?.throwIfAborted()
  const { kind, bytes } = encodeMessage(data, core.settings.messageBytes)
  return (submission) => {
    core.log?.('debug', 'send', { to, size: bytes.length, confirm, submission })
    join.push({ type: 'submit', submission, to, kind, bytes, confirm })
  }
}
