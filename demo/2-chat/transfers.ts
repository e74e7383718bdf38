import { isImage } from './files/images.js'
import { maxFileBytes, maxKeptBytes, sizeInWords } from './files/limits.js'
import type { FileFailure, FileInfo, IncomingHandlers } from './files/incoming.js'
import { ObjectUrls } from './files/object-urls.js'
import type { People } from './people.js'
import type { Session } from './session.js'
import { showCard, showEvent } from './view/conversation.js'
import { createFileCard, type FileCard } from './view/file-card.js'
import { announce } from './view/status.js'

const failureWords: Readonly<Record<FileFailure, string>> = {
  'too-large': `refused: more than ${sizeInWords(maxFileBytes)}`,
  'too-much': 'refused: too much is on its way already',
  damaged: 'stopped: what arrived is not what was announced',
  cancelled: 'cancelled',
  'sender-left': 'the sender has left before all of it was here',
}

const namesInWords = (names: readonly string[]): string =>
  names.length > 3 ? `${names.length} members` : names.join(', ').replace(/, ([^,]+)$/, ' and $1')

/** Shows files in the conversation while they move and when they are there, both ways. */
export class Transfers {
  readonly #people: People
  readonly #urls = new ObjectUrls(maxKeptBytes)
  readonly #cards = new Map<string, FileCard>()

  constructor(people: People) {
    this.#people = people
  }

  /** One after the other would make a small one wait for a large one, so all at once. */
  send(session: Session, files: readonly File[]): void {
    for (const file of files) void this.#sendOne(session, file)
  }

  receive(session: () => Session | null): Omit<IncomingHandlers, 'onRefuse'> {
    const keyOf = ({ from, file }: FileInfo): string => `${from} ${file}`
    const begin = (info: FileInfo): FileCard => {
      const card = createFileCard(info, 'Receiving', () => session()?.incoming.refuse(info))
      this.#cards.set(keyOf(info), card)
      showCard(this.#people.get(info.from), card.element, false)
      return card
    }
    return {
      onBegin: begin,
      onProgress: (info, bytes) => this.#cards.get(keyOf(info))?.progress(bytes),
      onDone: (info, blob) => {
        const card = this.#cards.get(keyOf(info))
        this.#cards.delete(keyOf(info))
        card?.done(
          'received',
          this.#urls.create(blob, () => card.expire()),
        )
        announce(`${info.name} from ${this.#people.get(info.from).name} is here`)
      },
      onFailed: (info, why) => {
        const card = this.#cards.get(keyOf(info)) ?? begin(info)
        this.#cards.delete(keyOf(info))
        card.failed(failureWords[why])
        announce(`${info.name}: ${failureWords[why]}`)
      },
    }
  }

  async #sendOne(session: Session, file: File): Promise<void> {
    if (file.size > maxFileBytes) {
      showEvent(`${file.name} is too large: at most ${sizeInWords(maxFileBytes)} can be sent`, 'trouble')
      return
    }
    const outgoing = session.createFile(file)
    if (outgoing.recipients.length === 0) {
      showEvent(`${file.name} was not sent: nobody is here to get it`, 'trouble')
      return
    }
    const card = createFileCard({ name: file.name, mime: file.type, size: file.size }, 'Sending', () =>
      outgoing.cancel(),
    )
    showCard(session.me, card.element, true)
    try {
      await outgoing.send((bytes) => card.progress(bytes))
      const names = outgoing.recipients.map((id) => this.#people.get(id).name)
      if (names.length === 0) card.failed('not sent: those it was for have left or refused it')
      else
        card.done(
          `sent to ${namesInWords(names)}`,
          isImage(file.type) ? this.#urls.create(file, () => card.expire()) : null,
        )
    } catch (error) {
      const { isCancelled } = outgoing
      outgoing.cancel()
      card.failed(isCancelled ? 'cancelled' : error instanceof DOMException ? 'could not be read' : 'not sent')
    } finally {
      session.endFile(outgoing)
    }
  }
}
