import { element, setText } from './dom.js'

const notice = element('notice', HTMLDivElement)
const retry = element('retry', HTMLButtonElement)
const newGroup = element('new-group', HTMLButtonElement)

export const setUpNotice = (handlers: { onRetry(): void; onNewGroup(): void }): void => {
  retry.addEventListener('click', () => handlers.onRetry())
  newGroup.addEventListener('click', () => handlers.onNewGroup())
}

/** Why there is no conversation. A damaged link stays damaged however often it is tried. */
export const showNotice = (words: string, isLinkDamaged: boolean): void => {
  setText(element('notice-text', HTMLParagraphElement), words)
  retry.hidden = isLinkDamaged
  newGroup.hidden = !isLinkDamaged
  notice.hidden = false
  // What was in focus is gone with the form; whoever is in the middle of something else stays there.
  if (document.activeElement === document.body) (isLinkDamaged ? newGroup : retry).focus()
}

export const hideNotice = (): void => {
  notice.hidden = true
}
