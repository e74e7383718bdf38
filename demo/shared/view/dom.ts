/** The element of the page with this id; a page that lacks it is broken, and says so at once. */
export const element = <T extends Element>(id: string, type: new () => T): T => {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} named "${id}"`)
  return found
}

export const create = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag)
  made.className = className
  made.append(...children)
  return made
}

const svgNamespace = 'http://www.w3.org/2000/svg'

export const createShape = <K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
): SVGElementTagNameMap[K] => {
  const made = document.createElementNS(svgNamespace, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  return made
}

/** Assigns only what differs, so that a screen reader hears of changes alone. */
export const setText = (target: Element, text: string): void => {
  if (target.textContent !== text) target.textContent = text
}
