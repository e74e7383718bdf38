import { element, setText } from '../../shared/view/dom.js'
import { textLength } from '../note.js'

const form = element('composer', HTMLFormElement)
const text = element('text', HTMLTextAreaElement)
const add = element('add', HTMLButtonElement)
const trouble = element('trouble', HTMLParagraphElement)

/** `onText` is given what is more than blanks, and says whether it was kept: what was not comes back. */
export const setUpComposer = (onText: (text: string) => Promise<boolean>): void => {
  text.maxLength = textLength
  text.addEventListener('keydown', (event) => {
    // While characters are being composed, Enter chooses one.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const written = text.value.trim()
    if (text.disabled || written === '') return
    text.value = ''
    void onText(written).then((isKept) => {
      if (!isKept && text.value === '') text.value = written
    })
  })
}

let isFocusWanted = false

export const setComposerEnabled = (isEnabled: boolean): void => {
  text.disabled = add.disabled = !isEnabled
  if (isEnabled && isFocusWanted) focusComposer()
}

/** Once it can be written in; unless somebody has gone elsewhere meanwhile. */
export const focusComposer = (): void => {
  isFocusWanted = text.disabled
  if (document.activeElement === document.body || document.activeElement?.closest('[hidden]')) text.focus()
}

/** What went wrong while the rest goes on; empty when it is over. */
export const showTrouble = (words: string): void => {
  setText(trouble, words)
  trouble.hidden = words === ''
}
