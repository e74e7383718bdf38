import { hasConversationBegun } from '../../shared/view/conversation.js'
import { element, setText } from '../../shared/view/dom.js'

/** The words in the middle while nothing has been said; none while not joined, with `null` for the others. */
export const showEmpty = (others: number | null): void => {
  element('empty', HTMLDivElement).hidden = hasConversationBegun() || others === null
  const isAlone = others === 0
  setText(element('empty-title', HTMLHeadingElement), isAlone ? 'You are the first one here' : 'Nothing said yet')
  setText(
    element('empty-text', HTMLParagraphElement),
    isAlone
      ? 'Send the link to whoever should join. Everyone who has it can read along, so share it as you would a password.'
      : 'Write a message, or drop a file anywhere on this page. Those who are here now get it, nobody else.',
  )
  element('empty-share', HTMLButtonElement).hidden = !isAlone
}
