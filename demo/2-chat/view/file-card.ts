import type { TransferProgress } from 'skein'
import { isImage } from '../files/images.js'
import { amountInWords, sizeInWords } from '../files/words.js'
import { create, setText } from '../../shared/view/dom.js'
import { createFileRow } from './file-panel.js'
import { createPlot } from './plot.js'

/** A button of a card. */
export interface FileAction {
  readonly word: string
  readonly isMain?: boolean
  readonly onClick: () => void
}

export interface FileCard {
  readonly element: HTMLElement
  /** It waits for somebody's answer. */
  offer(words: string, actions: readonly FileAction[]): void
  /** It is on its way from now on. */
  move(actions: readonly FileAction[]): void
  progress(progress: Pick<TransferProgress, 'bytes' | 'size'>, words: string): void
  /** How fast it goes, in words, and has gone of late. */
  pace(words: string, samples: readonly number[]): void
  /** With an address it can be saved, and is shown if it is a picture. */
  done(words: string, url: string | null): void
  /** With actions, it may be tried again. */
  failed(words: string, actions?: readonly FileAction[]): void
  /** The address does not work any more. */
  expire(): void
}

export interface ShownFile {
  readonly name: string
  readonly type: string
  /** `null` when its sender does not know. */
  readonly size: number | null
}

/** How a file fares, in the conversation, and while it is not there yet in the panel too. */
export const createFileCard = ({ name, type, size }: ShownFile, action: string): FileCard => {
  const label = name === '' ? 'unnamed file' : name
  const sized = size === null ? 'size unknown' : sizeInWords(size)
  const state = create('span', 'file-state')
  const line = create('div', 'file-line', create('div', 'file-words', create('span', 'file-name', label), state))
  const pace = create('span', 'file-pace-words')
  const plot = createPlot()
  const bar = create('progress', '')
  bar.ariaLabel = `${action} ${label}`
  const buttons = create('div', 'file-actions')
  const card = create('div', 'file', line)
  card.role = 'group'
  card.ariaLabel = `File ${label}`
  // Where the keyboard goes when the button that it was on is gone.
  card.tabIndex = -1
  const paceLine = create('div', 'file-pace', pace, plot.element)
  // What moves all the time is for the eye alone; the end of it is announced.
  for (const one of [state, paceLine, buttons]) one.ariaLive = 'off'

  const row = createFileRow(label, () => {
    card.scrollIntoView({ block: 'center' })
    card.focus()
  })

  const enter = (next: 'offered' | 'moving' | 'done' | 'failed', actions: readonly FileAction[]): void => {
    const focused = [...buttons.children].findIndex((button) => button === document.activeElement)
    const isSame = card.dataset['state'] === next
    card.dataset['state'] = next
    buttons.replaceChildren(
      ...actions.map(({ word, isMain, onClick }) => {
        const button = create('button', `${isMain === true ? 'primary' : 'quiet'} small`, word)
        button.type = 'button'
        button.ariaLabel = `${word.replace(/…$/, '')} ${label}`
        button.addEventListener('click', onClick)
        return button
      }),
    )
    if (actions.length === 0) buttons.remove()
    else card.append(buttons)
    // What was "Pause" is "Resume" now; but what was "Accept" must not be "Cancel" under the same finger.
    if (focused >= 0) (((isSame ? buttons.children[focused] : null) as HTMLElement | null) ?? card).focus()
  }

  let preview: HTMLElement | null = null
  let save: HTMLAnchorElement | null = null
  const end = (outcome: 'done' | 'failed', words: string, actions: readonly FileAction[] = []): void => {
    enter(outcome, actions)
    paceLine.remove()
    bar.remove()
    row.remove()
    setText(state, `${sized} · ${words}`)
  }

  return {
    element: card,
    offer: (words, actions) => {
      enter('offered', actions)
      setText(state, `${sized} · ${words}`)
      row.update(words, null)
    },
    move: (actions) => {
      enter('moving', actions)
      line.after(paceLine, bar)
    },
    progress: (progress, words) => {
      if (progress.size === null) bar.removeAttribute('value')
      else {
        bar.max = Math.max(1, progress.size)
        bar.value = progress.bytes
      }
      bar.ariaValueText = amountInWords(progress)
      setText(state, `${amountInWords(progress)} · ${words}`)
      row.update(progress.size === null ? amountInWords(progress) : `${Math.floor(bar.position * 100)} %`, bar.position)
    },
    pace: (words, samples) => {
      // A line for the speed, and one for the time.
      setText(pace, words.replace(', ', ',\n'))
      plot.draw(samples)
    },
    done: (words, url) => {
      const hadFocus = card.contains(document.activeElement)
      end('done', words)
      if (url === null) return
      if (isImage(type)) {
        const image = create('img', '')
        image.src = url
        image.alt = `Picture: ${label}`
        image.addEventListener('error', () => image.remove())
        card.prepend((preview = image))
      }
      save = create('a', 'button quiet small', 'Save')
      save.href = url
      save.download = label
      save.ariaLabel = `Save ${label}`
      line.append(save)
      if (hadFocus) save.focus()
    },
    failed: (words, actions) => end('failed', words, actions),
    expire: () => {
      preview?.remove()
      save?.remove()
      setText(state, `${sized} · no longer kept by this page`)
    },
  }
}
