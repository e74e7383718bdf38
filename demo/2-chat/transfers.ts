import { saveToDisk, type FileOffer, type IncomingFile, type SendProgress, type TransferProgress } from 'skein'
import { findArrival, type Arrival } from './files/arrival.js'
import { isImage, safeType } from './files/images.js'
import { ObjectUrls } from './files/object-urls.js'
import { Pace } from './files/pace.js'
import { resumeIdOf } from './files/resume-id.js'
import {
  paceInWords,
  receivingFailureInWords,
  reportInWords,
  sendingFailureInWords,
  sizeInWords,
} from './files/words.js'
import type { People, Person } from '../shared/people.js'
import type { Session } from './session.js'
import { showCard, showEvent } from '../shared/view/conversation.js'
import { createFileCard, type FileAction, type FileCard } from './view/file-card.js'
import { announce } from '../shared/view/status.js'
import { namesInWords } from '../shared/words.js'

/** What has arrived stays at hand up to here; then the oldest goes. A file that is larger goes to disk as it comes. */
const maxKeptBytes = 512 * 2 ** 20
const sampleMs = 500

/** Where the user can choose a place, a file of any size is written as it comes; elsewhere it is held by the page. */
const canSaveToDisk = 'showSaveFilePicker' in globalThis

/** Draws the plot, and says how fast it goes, also while nothing moves, until the function returned is called. */
const watchPace = <Progress extends TransferProgress>(
  card: FileCard,
  read: () => Progress,
  inWords: (progress: Progress) => string,
): (() => void) => {
  const pace = new Pace()
  const sample = (): void => {
    const progress = read()
    pace.sample(progress.bytes, performance.now())
    card.pace(inWords(pace.isStill ? { ...progress, rate: 0 } : progress), pace.samples)
  }
  sample()
  const timer = setInterval(sample, sampleMs)
  return () => clearInterval(timer)
}

/** Shows files in the conversation while they wait, while they move and when they are there, both ways. */
export class Transfers {
  readonly #people: People
  readonly #urls = new ObjectUrls(maxKeptBytes)

  constructor(people: People) {
    this.#people = people
  }

  /** One after the other would make a small one wait for a large one, so all at once. */
  send(session: Session, files: readonly File[]): void {
    for (const file of files) void this.#send(session, file)
  }

  /** Nothing of it comes before somebody here has said yes. */
  async receive(from: Person, offer: FileOffer): Promise<void> {
    const arrival = await findArrival(offer)
    if (offer.signal.aborted) return
    const card = createFileCard(offer, 'Receiving')
    const accept = (isForDisk: boolean) => (): void => void this.#accept(from, offer, card, isForDisk ? null : arrival)
    const isForDisk = canSaveToDisk && (offer.size ?? Infinity) > maxKeptBytes
    const isBegun = arrival.have.size > 0 && !isForDisk
    const actions: FileAction[] = [{ word: isBegun ? 'Resume' : 'Accept', isMain: true, onClick: accept(isForDisk) }]
    if (canSaveToDisk && !isForDisk) actions.push({ word: 'Accept to disk…', onClick: accept(true) })
    const withdraw = (): void => {
      this.#fail(card, offer.name, receivingFailureInWords(offer.signal.reason, from.name))
    }
    offer.signal.addEventListener('abort', withdraw)
    actions.push({
      word: 'Decline',
      onClick: () => {
        offer.signal.removeEventListener('abort', withdraw)
        offer.reject()
        card.failed('declined')
      },
    })
    const begun = isBegun ? `, ${sizeInWords(arrival.have.size)} of it is here` : ''
    card.offer(`offered by ${from.name}${begun}`, actions)
    showCard(from, card.element, false)
  }

  /** Without an arrival it goes to disk. */
  async #accept(from: Person, offer: FileOffer, card: FileCard, arrival: Arrival | null): Promise<void> {
    let incoming: IncomingFile | null = null
    let stop = (): void => undefined
    const show = (progress: TransferProgress): void => card.progress(progress, `from ${from.name}`)
    card.move([])
    try {
      const kept = arrival === null ? {} : { have: arrival.have, offset: arrival.have.size }
      const file = (incoming = await offer.accept({ onProgress: show, ...kept }))
      card.move([{ word: 'Cancel', onClick: () => file.cancel() }])
      show(file.progress)
      stop = watchPace(
        card,
        () => file.progress,
        (progress) => paceInWords(progress, `waiting for ${from.name}`),
      )
      if (arrival === null) {
        await saveToDisk(file)
        card.done(`saved, from ${from.name}`, null)
      } else {
        const blob = await arrival.read(file)
        const url = this.#urls.create(blob.slice(0, blob.size, safeType(blob.type)), () => card.expire())
        card.done(`from ${from.name}`, url)
      }
      announce(`${offer.name} from ${from.name} is here`)
    } catch (error) {
      // Without a place to be saved at, it would wait for one for ever.
      incoming?.cancel()
      this.#fail(card, offer.name, receivingFailureInWords(error, from.name))
    } finally {
      stop()
    }
  }

  async #send(session: Session, file: File): Promise<void> {
    const sending = session.sendFile(file, await resumeIdOf(file), (progress) => show(progress))
    if (sending === null) {
      showEvent(`${file.name} was not sent: nobody is here to get it`, 'trouble')
      return
    }
    const { transfer, to } = sending
    const card = createFileCard(file, 'Sending')
    const nameById = (id: string): string => this.#people.get(id).name
    const stops: (() => void)[] = []
    const cancel: FileAction = { word: 'Cancel', onClick: () => transfer.cancel() }
    let isPaused = false
    const paceWords = (progress: SendProgress): string => {
      // Those who have accepted have all of it, so it is for the others that it is not over yet.
      const isForOthers = progress.recipients.length === 0 || progress.bytes === progress.size
      if (isForOthers && progress.recipients.length < to.length) return 'waiting for others to accept'
      return isPaused ? 'paused' : paceInWords(progress, 'waiting for room')
    }
    const showButtons = (): void => {
      const pause: FileAction = {
        word: isPaused ? 'Resume' : 'Pause',
        onClick: () => {
          isPaused = !isPaused
          if (isPaused) transfer.pause()
          else transfer.resume()
          showButtons()
        },
      }
      card.move([pause, cancel])
    }
    const draw = (progress: SendProgress): SendProgress => {
      const names = progress.recipients.map(({ id }) => nameById(id))
      card.progress(progress, names.length === 0 ? 'to nobody now' : `to ${namesInWords(names)}`)
      return progress
    }
    const show = (progress: SendProgress): void => {
      if (stops.length === 0) {
        showButtons()
        // Whoever leaves makes no progress, and is not to be named any more.
        stops.push(watchPace(card, () => draw(transfer.progress), paceWords))
      }
      draw(progress)
    }
    card.offer(`offered to ${namesInWords(to.map(nameById))}`, [cancel])
    showCard(session.me, card.element, true)
    try {
      const report = await transfer
      const words = reportInWords(report, nameById)
      if (report.delivered.length === 0) {
        const isLeft = report.failed.some(({ code }) => code === 'member-left')
        const again: FileAction = {
          word: 'Offer again',
          onClick: () => {
            card.failed(words)
            this.send(session, [file])
          },
        }
        this.#fail(card, file.name, words, isLeft ? [again] : [])
      } else {
        card.done(words, isImage(file.type) ? this.#urls.create(file, () => card.expire()) : null)
        announce(`${file.name}: ${words}`)
      }
    } catch (error) {
      this.#fail(card, file.name, sendingFailureInWords(error))
    } finally {
      for (const stop of stops) stop()
    }
  }

  #fail(card: FileCard, name: string, words: string, actions: readonly FileAction[] = []): void {
    card.failed(words, actions)
    announce(`${name}: ${words}`)
  }
}
