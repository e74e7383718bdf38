import { element, setText } from './dom.js'

const button = element('invite', HTMLButtonElement)
const text = element('invite-text', HTMLParagraphElement)

/** Without a bot to invite there is no button. */
export const setUpInvite = (hasBot: boolean, onInvite: () => void): void => {
  button.hidden = !hasBot
  button.addEventListener('click', onInvite)
}

export const showInvite = (isUnderWay: boolean, words: string): void => {
  // Stays in the order of focus: one that is disabled would throw the keyboard back to the top.
  button.ariaDisabled = String(isUnderWay)
  setText(text, words)
  text.hidden = words === ''
}

export const isInviteUnderWay = (): boolean => button.ariaDisabled === 'true'
