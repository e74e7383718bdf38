const element = <T extends HTMLElement>(id: string, type: new () => T): T => {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} named "${id}"`)
  return found
}

export const view = {
  status: element('status', HTMLParagraphElement),
  retry: element('retry', HTMLButtonElement),
  copy: element('copy', HTMLButtonElement),
  members: element('members', HTMLUListElement),
  naming: element('naming', HTMLFormElement),
  name: element('name', HTMLInputElement),
  use: element('use', HTMLButtonElement),
  messages: element('messages', HTMLOListElement),
  composer: element('composer', HTMLFormElement),
  text: element('text', HTMLInputElement),
  send: element('send', HTMLButtonElement),
}

export const signalingUrl = document.querySelector<HTMLMetaElement>('meta[name="skein-signaling"]')?.content ?? ''

const create = (tag: string, className: string, ...children: (Node | string)[]): HTMLElement => {
  const made = document.createElement(tag)
  made.className = className
  made.append(...children)
  return made
}

/** A reader who has scrolled up stays there; anyone else sees what is new, also when the room for it changes. */
let isAtEnd = true
const scroll = (): void => {
  if (isAtEnd) view.messages.scrollTop = view.messages.scrollHeight
}
view.messages.addEventListener('scroll', () => {
  const { scrollHeight, scrollTop, clientHeight } = view.messages
  isAtEnd = scrollHeight - scrollTop - clientHeight < 40
})
new ResizeObserver(scroll).observe(view.messages)

const append = (item: HTMLElement): void => {
  view.messages.append(item)
  scroll()
}

export const showMessage = (name: string, text: string, isMine: boolean): void => {
  const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  const head = create('span', 'head', create('strong', '', name), ' ', create('time', '', time))
  append(create('li', isMine ? 'mine' : 'theirs', head, create('span', 'text', text)))
}

export const showEvent = (text: string): void => append(create('li', 'event', text))

export const showMembers = (
  rows: readonly { readonly name: string; readonly how: string; readonly kind: string }[],
): void => {
  view.members.replaceChildren(
    ...rows.map(({ name, how, kind }) =>
      create('li', kind, create('span', 'member', name), ' ', create('span', 'how', how)),
    ),
  )
}
