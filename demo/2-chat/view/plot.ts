import { linePath } from '../files/pace.js'
import { createShape } from '../../shared/view/dom.js'

const [width, height, edge] = [112, 24, 2]

export interface Plot {
  readonly element: SVGSVGElement
  draw(samples: readonly number[]): void
}

/** How fast a file moved of late. The words beside it say the same of now, so it is for the eye alone. */
export const createPlot = (): Plot => {
  const svg = createShape('svg', { viewBox: `0 ${-edge} ${width + edge} ${height + edge}`, class: 'plot' })
  svg.setAttribute('aria-hidden', 'true')
  const area = createShape('path', { class: 'plot-area' })
  const line = createShape('path', { class: 'plot-line' })
  const base = createShape('path', { class: 'plot-base', d: `M0 ${height}H${width}` })
  const dot = createShape('circle', { class: 'plot-dot', r: '2.5' })
  svg.append(base, area, line)
  return {
    element: svg,
    draw: (samples) => {
      const path = linePath(samples, width, height)
      if (path === '') return
      line.setAttribute('d', path)
      area.setAttribute('d', `${path}V${height}H${path.slice(1, path.indexOf(' '))}Z`)
      dot.setAttribute('cx', String(width))
      dot.setAttribute('cy', path.slice(path.lastIndexOf(' ') + 1))
      svg.append(dot)
    },
  }
}
