import { platform } from '#platform'
import { createBlockCipher, logLockOf, SEALED_BLOCK_OVERHEAD, type BlockCipher } from '../crypto/index.js'
import { equalBytes } from '../util/bytes.js'
import { Ending } from '../util/ending.js'
import { Opening, type Held } from '../util/opening.js'
import type { LogAddress, SoughtAddress } from './address.js'
import type { Core } from './core.js'
import { logClosed, wrongKey } from './failures.js'
import type { LogHome } from './home.js'
import { limited } from './limited.js'
import type { Hold } from './replication/sharing.js'
import type { Lease } from './vault.js'

/** A log as one handle has it open. */
export interface Opened {
  readonly core: Core
  /** With whom it is shared. */
  readonly hold: Hold
  readonly cipher: BlockCipher | null
  /** Of each stored block, the bytes that are not of its value. */
  readonly overhead: number
}

export interface SessionParts {
  readonly home: LogHome
  readonly address: LogAddress | SoughtAddress
  /** All of the log is fetched, and not what is asked for alone. */
  readonly isEager: boolean
  readonly encryptionKey: Uint8Array | null
  /** Called when it is open; the result when it is closed again. */
  readonly attach: (opened: Opened) => () => void
}

/** One handle's hold on a log: opened when it is first used, once, and closed for itself alone. */
export class Session {
  /** Over, with why, when the handle is closed, or what the log is kept in is lost. */
  readonly ending = new Ending()
  readonly #parts: SessionParts
  readonly #opening = new Opening(() => this.#begin(), logClosed)

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  get parts(): SessionParts {
    return this.#parts
  }

  /** What is known without waiting, also once it is closed; `null` before it is open. */
  get known(): Opened | null {
    return this.#opening.known
  }

  /** A failure is not kept: the next call tries again. */
  open(): Promise<Opened> {
    return this.#opening.open()
  }

  async #begin(): Promise<Held<Opened>> {
    const { home, encryptionKey } = this.#parts
    const lease = await home.vault.acquire(await this.#address(), encryptionKey)
    try {
      return this.#take(lease)
    } catch (error) {
      await lease.release()
      throw error
    }
  }

  /** What is sought is sought no longer than the handle is open. */
  async #address(): Promise<LogAddress> {
    const { address } = this.#parts
    if (address.kind !== 'sought') return address
    return limited({ signals: [], ending: this.ending, timeout: null }, (signal) => address.find(signal))
  }

  #take(lease: Lease): Held<Opened> {
    if (this.#opening.isClosed) throw logClosed()
    const { core, lost } = lease
    const ciphers = this.#cipher(core)
    const { home, isEager } = this.#parts
    if (lost.reason !== null) throw lost.reason
    if (home.ending.reason !== null) throw logClosed()
    const opened = { core, hold: home.sharing.hold(core, isEager), ...ciphers }
    const stopWatching = lost.onEnd(() => this.ending.end(lost.reason as Error))
    const stopListening = home.ending.onEnd(() => void this.close())
    const detach = this.#parts.attach(opened)
    const leave = (): Promise<void> => {
      stopWatching()
      stopListening()
      detach()
      opened.hold.release()
      return lease.release()
    }
    return { opened, leave }
  }

  #cipher({ parts }: Core): Pick<Opened, 'cipher' | 'overhead'> {
    const { encryptionKey } = this.#parts
    if (encryptionKey === null) return { cipher: null, overhead: 0 }
    const { sodium, logKey, writer } = parts
    if (writer !== null) {
      const action = 'log could not be opened'
      if (writer.lock === null) throw wrongKey(action, 'it is not encrypted')
      const isRight = equalBytes(writer.lock, logLockOf(sodium, encryptionKey, logKey))
      if (!isRight) throw wrongKey(action, 'it is encrypted under another key')
    }
    const random = (size: number): Uint8Array => platform.randomBytes(size)
    return { cipher: createBlockCipher(sodium, random, encryptionKey, logKey), overhead: SEALED_BLOCK_OVERHEAD }
  }

  /** Idempotent; never rejects. */
  close(): Promise<void> {
    const closing = this.#opening.close()
    this.ending.end(logClosed())
    return closing
  }
}
