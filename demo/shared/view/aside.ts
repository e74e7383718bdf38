import { element } from './dom.js'

const toggle = element('toggle-people', HTMLButtonElement)
const aside = element('aside', HTMLElement)
const talk = element('talk', HTMLElement)

const set = (isOpen: boolean): void => {
  toggle.ariaExpanded = String(isOpen)
  aside.classList.toggle('open', isOpen)
  // Nothing that lies beneath can be reached by key.
  talk.inert = isOpen
}

export const closeAside = (): void => set(false)

/** On narrow screens members and mesh lie over the conversation, and only when asked for. */
export const setUpAside = (): void => {
  toggle.addEventListener('click', () => set(toggle.ariaExpanded !== 'true'))
  addEventListener('keydown', (event) => {
    // In a dialog, Escape is for that.
    if (event.key !== 'Escape' || toggle.ariaExpanded !== 'true' || document.querySelector('dialog[open]')) return
    closeAside()
    toggle.focus()
  })
  // As wide as that, both stand side by side.
  matchMedia('(width >= 56rem)').addEventListener('change', closeAside)
}
