import { element } from './dom.js'

const welcome = element('welcome', HTMLElement)
const room = element('room', HTMLElement)
const actions = element('actions', HTMLDivElement)

export const showScreen = (name: 'welcome' | 'room'): void => {
  welcome.hidden = name !== 'welcome'
  room.hidden = actions.hidden = name !== 'room'
}

export const isScreen = (name: 'welcome' | 'room'): boolean => !(name === 'welcome' ? welcome : room).hidden
