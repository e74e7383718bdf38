import { element } from '../../shared/view/dom.js'

const overlay = element('drop', HTMLDivElement)

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false

/** The whole page takes files; pasted ones too. While it does not, as before joining, a dropped file opens nothing. */
export const setUpDropZone = (words: () => string | null, onFiles: (files: readonly File[]) => void): void => {
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    const text = words()
    if (event.dataTransfer) event.dataTransfer.dropEffect = text === null ? 'none' : 'copy'
    element('drop-text', HTMLParagraphElement).textContent = text
    overlay.hidden = text === null
  })
  addEventListener('dragleave', (event) => {
    // Every element on the way is left too; only the page itself is left towards nothing.
    if (event.relatedTarget === null) overlay.hidden = true
  })
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    overlay.hidden = true
    if (words() !== null) onFiles([...(event.dataTransfer?.files ?? [])])
  })
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length === 0 || words() === null) return
    event.preventDefault()
    onFiles(files)
  })
}
