import type { Lack } from '../browser-support.js'
import { dyeNames, dyes, dyeWords, isDye, type Dye } from '../colors.js'
import { create, element } from './dom.js'
import { paintDisc } from './disc.js'

const form = element('naming', HTMLFormElement)
const nameInput = element('name', HTMLInputElement)
const preview = element('preview', HTMLSpanElement)
const cancel = element('keep-name', HTMLButtonElement)

export interface Appearance {
  readonly name: string
  readonly dye: Dye
}

const read = (): Appearance => {
  const color = new FormData(form).get('color')
  return { name: nameInput.value.trim(), dye: isDye(color) ? color : 'slate' }
}

const createChoice = (dye: Dye): HTMLElement => {
  const input = create('input', '')
  input.type = 'radio'
  input.name = 'color'
  input.value = dye
  const label = create('label', 'color', input, create('span', 'hidden', dyeWords[dye]))
  label.style.setProperty('--who', dyes[dye])
  label.title = dyeWords[dye]
  return label
}

const update = (): void => paintDisc(preview, { ...read(), isBot: false })

/** Sets up the form once. `onDone` is given a name that is not empty. */
export const setUpWelcome = (
  lacks: readonly Lack[],
  handlers: { onDone(next: Appearance): void; onCancel(): void },
): void => {
  element('colors', HTMLDivElement).append(...dyeNames.map(createChoice))
  element('lacks', HTMLDivElement).append(
    ...lacks.map(({ words, isFatal }) => create('p', isFatal ? 'lack fatal' : 'lack', words)),
  )
  form.addEventListener('input', update)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const next = read()
    nameInput.setCustomValidity(next.name === '' ? 'Say who you are' : '')
    if (form.reportValidity()) handlers.onDone(next)
  })
  nameInput.addEventListener('input', () => nameInput.setCustomValidity(''))
  cancel.addEventListener('click', () => handlers.onCancel())
}

/** Fills the form in and puts the cursor into it. The words are the title, what is said below, and what the button says. */
export const openWelcome = (
  current: Appearance,
  [title, text, action]: readonly [string, string, string],
  canCancel: boolean,
): void => {
  element('welcome-title', HTMLHeadingElement).textContent = title
  element('welcome-text', HTMLParagraphElement).textContent = text
  element('use', HTMLButtonElement).textContent = action
  cancel.hidden = !canCancel
  nameInput.value = current.name
  for (const input of form.querySelectorAll<HTMLInputElement>('input[name=color]')) {
    input.checked = input.value === current.dye
  }
  update()
  nameInput.focus()
}
