import { element, setText } from '../../shared/view/dom.js'

const button = element('copy-report', HTMLButtonElement)
const said = element('report-said', HTMLParagraphElement)
const text = element('report-text', HTMLTextAreaElement)

const copy = async (report: unknown): Promise<void> => {
  text.value = JSON.stringify(report, null, 2)
  text.hidden = true
  try {
    await navigator.clipboard.writeText(text.value)
    setText(said, 'Copied. Paste it where you ask for help.')
  } catch {
    setText(said, 'This browser does not let pages copy. The report is selected: copy it by hand.')
    text.hidden = false
    text.focus()
    text.select()
  }
}

/** `create` makes the report of the group as it is then, or `null` while there is none. */
export const setUpReport = (create: () => Promise<unknown>): void => {
  button.addEventListener('click', () => {
    // What is said twice in the same words is heard only when it was gone meanwhile.
    setText(said, '')
    create().then(
      (report) => (report === null ? setText(said, 'There is no group to report on yet.') : copy(report)),
      () => setText(said, 'The report could not be loaded. Are you online?'),
    )
  })
}
