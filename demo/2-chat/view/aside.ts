import { element } from './dom.js'

const toggle = element('toggle-people', HTMLButtonElement)
const aside = element('aside', HTMLElement)

const set = (isOpen: boolean): void => {
  toggle.ariaExpanded = String(isOpen)
  aside.classList.toggle('open', isOpen)
}

/** On narrow screens members and mesh lie over the conversation, and only when asked for. */
export const setUpAside = (): void => {
  toggle.addEventListener('click', () => set(toggle.ariaExpanded !== 'true'))
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || toggle.ariaExpanded !== 'true') return
    set(false)
    toggle.focus()
  })
}
