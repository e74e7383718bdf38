/** What every side gives to a page (and to a process of Node): one way to join, and a member to measure. */

export interface JoinOptions {
  readonly signaling: string
  readonly room: string
  /** The how manieth member this is, from 0, for sides whose members must know each other's names beforehand. */
  readonly index: number
  /** How much the bare channel lets wait in its buffer; the others decide that themselves. */
  readonly gateBytes?: number
  /** The URL of a bot that is asked in after joining, where a side has bots. */
  readonly invites?: string
}

export interface Handlers {
  /** A link has opened, or may have: ask {@link Member.linkCount}. */
  onLink(): void
  onMessage(bytes: Uint8Array): void
  /** A member that was linked is seen as gone. */
  onGone(): void
}

export interface Member {
  /** Others that messages reach now over a link of their own. */
  linkCount(): number
  /** To all. Resolves when the side wants the next one, by its own flow control or, if it has none, by its buffer. */
  send(bytes: Uint8Array): Promise<void>
  /** The same message `count` times within one task, none awaited; resolves as `send` does for the last. */
  burst(bytes: Uint8Array, count: number): Promise<void>
  /** A file to the one other member, where a side has files. Resolves when that has all of it. */
  sendFile?(file: Blob): Promise<void>
  /** One question to the one other member; resolves with its answer. Where a side has none, messages stand for it. */
  request?(bytes: Uint8Array): Promise<void>
  /** To all, by what the side has for values of which only the newest counts. Without it, a message. */
  update?(bytes: Uint8Array): void
  leave(): Promise<void> | void
}

/** Resolves when the side says that it has joined, or has begun to look for others where it says nothing. */
export type Join = (options: JoinOptions, handlers: Handlers) => Promise<Member>

/** For sides whose `send` gives a promise: its last one speaks for all, since they are in order. */
export const burstOf =
  (send: (bytes: Uint8Array) => Promise<void>) =>
  async (bytes: Uint8Array, count: number): Promise<void> => {
    let last: Promise<void> | undefined
    for (let i = 0; i < count; i++) last = send(bytes)
    await last
  }
