import { element } from './dom.js'

const welcome = element('welcome', HTMLElement)
const chat = element('chat', HTMLElement)
const actions = element('actions', HTMLDivElement)

export const showScreen = (name: 'welcome' | 'chat'): void => {
  welcome.hidden = name !== 'welcome'
  chat.hidden = actions.hidden = name !== 'chat'
}

export const isScreen = (name: 'welcome' | 'chat'): boolean => !(name === 'welcome' ? welcome : chat).hidden
