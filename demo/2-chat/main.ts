/** A chat among all who have the link. The group is in the link, the name in this browser, and nothing anywhere else. */
import { WebGroup } from 'skein'
import { copyLink, readKey } from './link.js'
import { showEvent, showMembers, showMessage, signalingUrl, view } from './view.js'
import { failureInWords, nameOf, pathInWords, stateInWords } from './words.js'

const nameKey = 'skein-chat-name'

let group: WebGroup | null = null
/** Those seen so far, also when they have left: what they said is still there. */
const names = new Map<string, string>()
let myName = localStorage.getItem(nameKey) ?? ''

const nameById = (id: string): string => names.get(id) ?? id.slice(0, 4)

const render = (current: WebGroup): void => {
  if (current !== group) return
  for (const peer of current.peers) names.set(peer.id, nameOf(peer))
  const joined = current.state === 'joined'
  view.status.textContent = stateInWords(current.state, current.signalingState, current.peers.length)
  view.status.className = joined && current.signalingState !== 'open' ? 'trouble' : ''
  view.text.disabled = view.send.disabled = !joined
  const others = current.peers.map((peer) => ({
    name: nameOf(peer),
    how: pathInWords(peer, nameById),
    kind: peer.path,
  }))
  showMembers(joined ? [{ name: myName, how: 'you', kind: 'me' }, ...others] : [])
}

const fail = (error: unknown): void => {
  view.status.textContent = failureInWords(error)
  view.status.className = 'trouble'
  view.retry.hidden = false
}

const createGroup = (): WebGroup => {
  const current = new WebGroup({ signaling: signalingUrl, profile: { name: myName } })
  for (const name of ['state:change', 'signaling:change', 'link:change', 'member:update'] as const) {
    current.on(name, () => render(current))
  }
  current.on('member:join', ({ peer }) => {
    render(current)
    showEvent(`${nameOf(peer)} is here`)
  })
  current.on('member:leave', ({ id, reason }) => {
    render(current)
    showEvent(reason === 'timeout' ? `${nameById(id)} is gone without a word` : `${nameById(id)} has left`)
  })
  current.on('message', ({ from, data }) => {
    if (typeof data === 'string') showMessage(nameById(from), data, false)
  })
  current.on('error', ({ error }) => console.warn(error))
  return current
}

/** Joins the group of the link under the name of the moment, in place of the group before. */
const start = async (): Promise<void> => {
  const previous = group
  view.retry.hidden = true
  view.use.textContent = 'Change'
  let current: WebGroup | null = null
  try {
    current = group = createGroup()
    const key = readKey()
    void previous?.leave()
    await current.join(key)
    view.text.focus()
  } catch (error) {
    // What became of a group that has been replaced meanwhile is of no interest.
    if (current === group) fail(error)
  }
}

view.naming.addEventListener('submit', (event) => {
  event.preventDefault()
  const name = view.name.value.trim()
  if (name === '') return
  const isNew = name !== myName
  myName = name
  localStorage.setItem(nameKey, name)
  // What others are shown of a member is fixed for as long as it is there: under another name one joins anew.
  if (isNew) void start()
  else view.text.focus()
})

view.composer.addEventListener('submit', (event) => {
  event.preventDefault()
  const text = view.text.value
  if (group?.state !== 'joined' || text.trim() === '') return
  showMessage(myName, text, true)
  view.text.value = ''
  group.send(text).catch((error: unknown) => showEvent(failureInWords(error)))
})

view.copy.addEventListener('click', () => {
  void copyLink().then((label) => {
    view.copy.textContent = label
    setTimeout(() => (view.copy.textContent = 'Copy link'), 2_000)
  })
})

view.retry.addEventListener('click', () => void start())

// Another link pasted over this one is another group.
addEventListener('hashchange', () => {
  showEvent('Another group')
  void start()
})

readKey()
view.name.value = myName
if (myName === '') {
  view.status.textContent = 'Say who you are to join'
  view.name.focus()
} else {
  void start()
}
