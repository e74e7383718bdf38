import { element } from './dom.js'

const form = element('composer', HTMLFormElement)
const text = element('text', HTMLTextAreaElement)
const send = element('send', HTMLButtonElement)

/** `hint` is said below. `onText` is given what is more than blanks. */
export const setUpComposer = (
  hint: string,
  handlers: {
    onText(text: string): void
    /** What is written has changed, otherwise than by being sent. */
    onType?(isEmpty: boolean): void
  },
): void => {
  element('hint', HTMLParagraphElement).textContent = hint
  text.addEventListener('keydown', (event) => {
    // While characters are being composed, Enter chooses one.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  text.addEventListener('input', () => handlers.onType?.(text.value.trim() === ''))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (text.disabled || text.value.trim() === '') return
    const said = text.value
    text.value = ''
    handlers.onText(said)
  })
}

export const setComposerEnabled = (isEnabled: boolean): void => {
  text.disabled = send.disabled = !isEnabled
}

export const focusComposer = (): void => text.focus()
