import { element } from '../../shared/view/dom.js'

const clip = element('attach', HTMLButtonElement)
const input = element('file-input', HTMLInputElement)

export const setUpClip = (onFiles: (files: readonly File[]) => void): void => {
  clip.addEventListener('click', () => input.click())
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    // The same file may be chosen again.
    input.value = ''
    onFiles(files)
  })
}

export const setClipEnabled = (isEnabled: boolean): void => {
  clip.disabled = !isEnabled
}
