import { element } from '../../shared/view/dom.js'

const form = element('composer', HTMLFormElement)
const text = element('text', HTMLTextAreaElement)
const attach = element('attach', HTMLButtonElement)
const input = element('file-input', HTMLInputElement)
const send = element('send', HTMLButtonElement)

/** `onText` is given what is more than blanks. */
export const setUpComposer = (handlers: {
  onText(text: string): void
  /** What is written has changed, otherwise than by being sent. */
  onType(isEmpty: boolean): void
  onFiles(files: readonly File[]): void
}): void => {
  element('hint', HTMLParagraphElement).textContent =
    'Enter sends, Shift and Enter makes a new line. Files of any size: drop them anywhere, or use the clip.'
  text.addEventListener('keydown', (event) => {
    // While characters are being composed, Enter chooses one.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  text.addEventListener('input', () => handlers.onType(text.value.trim() === ''))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (text.disabled || text.value.trim() === '') return
    const said = text.value
    text.value = ''
    handlers.onText(said)
  })
  attach.addEventListener('click', () => input.click())
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    // The same file may be chosen again.
    input.value = ''
    handlers.onFiles(files)
  })
}

export const setComposerEnabled = (isEnabled: boolean): void => {
  text.disabled = send.disabled = attach.disabled = !isEnabled
}

export const focusComposer = (): void => text.focus()
