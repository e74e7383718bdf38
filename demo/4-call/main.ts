/**
 * A call among all who have the link, each with each. `sender.ts` is what I send, `call.ts` what the others do; devices, coming
 * and going, the wall of pictures and the chat beside it are in `shared/`.
 */
import { findLacks } from '../shared/browser-support.js'
import { canShareScreen, Devices } from '../shared/devices.js'
import { setComposerEnabled, setUpComposer } from '../shared/view/composer.js'
import { showEvent, showText } from '../shared/view/conversation.js'
import { element } from '../shared/view/dom.js'
import { announce } from '../shared/view/status.js'
import { setUpSwitches, showSwitch } from '../shared/view/switches.js'
import { showTrouble } from '../shared/view/trouble.js'
import { showWall } from '../shared/view/wall.js'
import { Visits } from '../shared/visits.js'
import { deviceFailureInWords, failureInWords } from '../shared/words.js'
import { Call } from './call.js'
import { Sender } from './sender.js'

const noDatabase = {
  isFatal: false,
  words: 'This browser has no database for pages (IndexedDB). The call works without: it stores nothing.',
}
const aside = element('aside', HTMLElement)
const toggle = element('toggle-people', HTMLButtonElement)
const sound = element('sound', HTMLButtonElement)
let call: Call | null = null
let sender: Sender | null = null

const render = (): void => {
  for (const kind of ['audio', 'video'] as const) showSwitch(kind, devices.isOn(kind))
  showSwitch('screen', (sender?.screen ?? null) !== null)
  element('self', HTMLDivElement).classList.toggle('faceless', !devices.isOn('video'))
  if (visits.group === null || call === null || sender === null) return
  const isJoined = visits.group.state === 'joined'
  setComposerEnabled(isJoined)
  showWall(call.tiles(visits.me, devices, sender), isJoined && visits.group.peers.length === 0)
  sound.hidden = !call.isSoundBlocked
}

/** In the chat, and aloud where that is not to be seen. */
const tell = (words: string): void => {
  if (!aside.checkVisibility()) announce(words)
}

const news = (words: string): void => {
  showEvent(words)
  tell(words)
}

const devices = new Devices('call', {
  onTrack: (track) => sender?.send(track),
  onChange: () => {
    sender?.update()
    render()
  },
  onTrouble: showTrouble,
})

const visits = new Visits({
  name: 'call',
  lacks: findLacks(noDatabase),
  welcomes: {
    new: ['Start a call', 'Say who you are, then send the link to whoever should join.', 'Join'],
    invited: ['You are invited to a call', 'Somebody sent you this link. Say who you are, and you are in.', 'Join'],
    change: ['How you appear', 'Under a new name you leave and come back: the others see both.', 'Change'],
    left: ['You have left the call', 'Your camera and microphone are closed, until you join again.', 'Join again'],
  },
  onGroup: (group) => {
    sender?.endScreen()
    call = new Call(group, visits.people, { onChange: render, onNews: news })
    sender = new Sender(group, devices)
    group.on('message', ({ from, data }) => {
      if (typeof data !== 'string') return
      const person = visits.people.get(from)
      showText(person, data, false)
      tell(`${person.name} wrote: ${data}`)
      toggle.classList.toggle('news', !aside.checkVisibility())
    })
    void devices.open()
  },
  onChange: render,
  onIn: () => element('mute', HTMLButtonElement).focus(),
  onOut: () => {
    sender?.endScreen()
    call = sender = null
    devices.close()
  },
  onNews: news,
})

const say = (text: string): void => {
  if (visits.group === null) return
  showText(visits.me, text, true)
  if (visits.group.peers.length === 0) showEvent('Nobody is here to read this yet, and it is not kept for later')
  visits.group.send(text).catch((error: unknown) => showEvent(`Not sent. ${failureInWords(error)}`, 'trouble'))
}

const shareScreen = async (): Promise<void> => {
  showTrouble('')
  if (sender && sender.screen !== null) sender.endScreen()
  else await sender?.shareScreen().catch((error: unknown) => showTrouble(deviceFailureInWords('screen', error)))
  render()
}

setUpComposer('Enter sends. Those who are here now get it, nobody else.', { onText: say })
setUpSwitches((name) => void (name === 'screen' ? shareScreen() : devices.toggle(name === 'audio' ? 'audio' : 'video')))
toggle.addEventListener('click', () => toggle.classList.remove('news'))
sound.addEventListener('click', () => void call?.startSound().then(render, () => undefined))
element('leave', HTMLButtonElement).addEventListener('click', () => visits.leave())
devices.view.attach(element('self-video', HTMLVideoElement))
for (const button of document.querySelectorAll<HTMLElement>('[data-switch=screen]')) {
  // Phones cannot.
  button.hidden = !canShareScreen()
}
void devices.open()
visits.open()
