import { closeAside } from '../../shared/view/aside.js'
import { create, element, setText } from '../../shared/view/dom.js'

const panel = element('files', HTMLElement)
const list = element('file-list', HTMLUListElement)

export interface FileRow {
  /** `fraction` is `null` while there is none to tell. */
  update(words: string, fraction: number | null): void
  remove(): void
}

/** A file that waits or is on its way, beside the conversation: its card may be far up by now. */
export const createFileRow = (label: string, onOpen: () => void): FileRow => {
  const words = create('span', 'file-row-state')
  const button = create('button', 'file-row', create('span', 'file-row-name', label), ' ', words)
  button.type = 'button'
  button.addEventListener('click', () => {
    closeAside()
    onOpen()
  })
  const item = create('li', '', button)
  list.append(item)
  panel.hidden = false
  return {
    update: (state, fraction) => {
      setText(words, state)
      button.style.setProperty('--done', `${(fraction ?? 0) * 100}%`)
    },
    remove: () => {
      item.remove()
      panel.hidden = list.childElementCount === 0
    },
  }
}
