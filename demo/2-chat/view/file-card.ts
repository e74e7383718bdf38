import { isImage } from '../files/images.js'
import { sizeInWords } from '../files/limits.js'
import { create, setText } from './dom.js'

export interface FileCard {
  readonly element: HTMLElement
  progress(bytes: number): void
  /** With an address it can be saved, and is shown if it is a picture. */
  done(words: string, url: string | null): void
  failed(words: string): void
  /** The address does not work any more. */
  expire(): void
}

/** How a file fares, in the conversation. `onCancel` belongs to the button that is there while it is under way. */
export const createFileCard = (
  { name, mime, size }: { readonly name: string; readonly mime: string; readonly size: number },
  action: string,
  onCancel: () => void,
): FileCard => {
  const label = name === '' ? 'unnamed file' : name
  const title = create('span', 'file-name', label)
  const state = create('span', 'file-state')
  // What moves all the time is for the eye alone; the end of it is announced.
  state.ariaLive = 'off'
  const bar = create('progress', '')
  bar.max = Math.max(1, size)
  bar.value = 0
  bar.ariaLabel = `${action} ${label}`
  const cancel = create('button', 'quiet small', 'Cancel')
  cancel.type = 'button'
  cancel.ariaLabel = `Cancel ${label}`
  cancel.addEventListener('click', onCancel)
  const line = create('div', 'file-line', create('div', 'file-words', title, state), cancel)
  const card = create('div', 'file', line, bar)
  card.dataset['state'] = 'moving'

  let preview: HTMLElement | null = null
  let save: HTMLAnchorElement | null = null
  const end = (outcome: string, words: string): void => {
    card.dataset['state'] = outcome
    bar.remove()
    cancel.remove()
    setText(state, `${sizeInWords(size)} · ${words}`)
  }
  const shown: FileCard = {
    element: card,
    progress: (bytes) => {
      bar.value = bytes
      setText(state, `${action} · ${sizeInWords(bytes)} of ${sizeInWords(size)}`)
    },
    done: (words, url) => {
      end('done', words)
      if (url === null) return
      if (isImage(mime)) {
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
    },
    failed: (words) => end('failed', words),
    expire: () => {
      preview?.remove()
      save?.remove()
      setText(state, `${sizeInWords(size)} · no longer kept by this page`)
    },
  }
  shown.progress(0)
  return shown
}
