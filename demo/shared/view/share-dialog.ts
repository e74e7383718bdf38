import encodeQR from 'qr'
import { copyLink, isLinkLocal } from '../link.js'
import { createShape, element, setText } from './dom.js'

const dialog = element('share', HTMLDialogElement)
const link = element('link', HTMLInputElement)
const copied = element('copied', HTMLParagraphElement)

/** Dark on light in every theme: many a reader knows no other way round. */
const createCode = (text: string): SVGSVGElement => {
  const rows = encodeQR(text, 'raw', { border: 3 })
  const size = String(rows.length)
  const dots = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  const svg = createShape('svg', { viewBox: `0 0 ${size} ${size}`, role: 'img', 'shape-rendering': 'crispEdges' })
  svg.setAttribute('aria-label', 'QR code of the link')
  svg.append(createShape('rect', { width: size, height: size, fill: '#fff' }))
  svg.append(createShape('path', { d: dots.join(''), fill: '#111614' }))
  return svg
}

const open = (): void => {
  link.value = location.href
  setText(copied, '')
  element('local', HTMLParagraphElement).hidden = !isLinkLocal()
  element('qr', HTMLDivElement).replaceChildren(createCode(location.href))
  dialog.showModal()
}

const copy = async (): Promise<void> => {
  const isDone = await copyLink()
  setText(copied, isDone ? 'Copied' : 'This browser does not let pages copy. The link is selected: copy it by hand.')
  if (isDone) return
  link.focus()
  link.select()
}

export const setUpShareDialog = (): void => {
  for (const id of ['open-share', 'empty-share']) element(id, HTMLButtonElement).addEventListener('click', open)
  element('copy', HTMLButtonElement).addEventListener('click', () => void copy())
  dialog.addEventListener('click', (event) => {
    // The backdrop counts as the dialog itself, and what is in it does not.
    if (event.target === dialog) dialog.close()
  })
}
