/**
 * A chat among all who have the link. The group is in the link, the name in this browser, and nothing anywhere else.
 * `session.ts` is one stay in the group; the folders `files`, `mesh` and `view` know nothing of each other's insides.
 */
import { inviteBot } from '../shared/bot.js'
import { findLacks } from '../shared/browser-support.js'
import { isDye, randomDye } from '../shared/colors.js'
import { isInvited, readKey, startNewGroup } from '../shared/link.js'
import { createGraph } from './mesh/graph.js'
import { MeshPicture } from './mesh/picture.js'
import { pageSettings } from '../shared/page-settings.js'
import { People } from '../shared/people.js'
import { Session } from './session.js'
import { keep, recall } from '../shared/storage.js'
import { Transfers } from './transfers.js'
import { closeAside, setUpAside } from '../shared/view/aside.js'
import { setClipEnabled, setUpClip } from './view/clip.js'
import { focusComposer, setComposerEnabled, setUpComposer } from '../shared/view/composer.js'
import { showEvent, showText } from '../shared/view/conversation.js'
import { hideCursors, setUpCursors, showCursor } from './view/cursors.js'
import { element } from '../shared/view/dom.js'
import { setUpDropZone } from './view/drop-zone.js'
import { showEmpty } from './view/empty.js'
import { isInviteUnderWay, setUpInvite, showInvite } from '../shared/view/invite.js'
import { showMembers } from '../shared/view/members.js'
import { hideNotice, setUpNotice, showNotice } from '../shared/view/notice.js'
import { setUpReport } from './view/report.js'
import { showScreen } from '../shared/view/screens.js'
import { setUpShareDialog } from '../shared/view/share-dialog.js'
import { showStatus } from '../shared/view/status.js'
import { showTyping } from './view/typing.js'
import { openWelcome, setUpWelcome, type Appearance } from '../shared/view/welcome.js'
import { failureInWords, leavingInWords, pathInWords, rttInWords, statusInWords } from '../shared/words.js'

const pollMs = 2_000

const noDatabase = {
  isFatal: false,
  words: 'This browser has no database for pages (IndexedDB). The chat works without: it stores no messages.',
}
const welcomes = {
  new: ['Start a conversation', 'Say who you are, then send the link to whoever should join.', 'Join'],
  invited: ['You are invited', 'Somebody sent you this link. Say who you are, and you are in.', 'Join'],
  change: ['How you appear', 'Under a new name you leave and come back: the others see both.', 'Change'],
} as const

const people = new People()
const nameById = (id: string): string => (id === session?.group.myId ? 'you' : people.get(id).name)
const picture = new MeshPicture(element('mesh', SVGSVGElement), nameById)
const transfers = new Transfers(people)

const remembered = recall('skein-chat-color')
let appearance: Appearance = {
  name: recall('skein-chat-name'),
  dye: isDye(remembered) ? remembered : randomDye(),
}
let session: Session | null = null
/** Once is enough, however much is said to an empty room. */
let isAloneSaid = false

const render = (): void => {
  if (session === null) return
  const { group, me, reports } = session
  const isJoined = group.state === 'joined'
  const rtts = new Map(group.stats().peers.map(({ id, rttMs }) => [id, rttMs]))
  const peers = isJoined ? group.peers : []
  showStatus(statusInWords(group.state, group.signalingState, peers.length, navigator.onLine))
  setComposerEnabled(isJoined)
  setClipEnabled(isJoined)
  showEmpty(isJoined ? peers.length : null)
  showTyping(isJoined ? session.typists : [])
  if (!isJoined) hideCursors()
  showMembers([
    { person: me, kind: 'me', how: 'you', rtt: '' },
    ...peers.map((peer) => ({
      person: people.get(peer.id),
      kind: peer.path,
      how: pathInWords(peer, nameById),
      rtt: rttInWords(rtts.get(peer.id) ?? null),
    })),
  ])
  if (me.id !== '') picture.show(createGraph(me, peers, (id) => people.get(id), reports))
}

const createSession = (): Session => {
  // What became of a session that has been replaced meanwhile is of no interest.
  const isCurrent = (): boolean => created === session
  const created: Session = new Session({ signalingUrl: pageSettings.signalingUrl, ...appearance }, people, {
    onChange: () => {
      if (isCurrent()) render()
    },
    onBack: () => showEvent('You are back'),
    onLost: () => showNotice('The connection to the group is lost. Trying again may help.', false),
    onArrival: ({ name }) => showEvent(`${name} is here`),
    onDeparture: ({ name }, reason) => showEvent(leavingInWords(name, reason)),
    onText: (from, text) => {
      showText(from, text, false)
      picture.pulse(from.id, created.group.myId)
    },
    onTyping: () => {
      if (isCurrent()) showTyping(created.typists)
    },
    onCursor: (person, place) => {
      if (isCurrent()) showCursor(person, place)
    },
    onOffer: (from, offer) => void transfers.receive(from, offer),
  })
  return created
}

/** Joins the group of the link as who I am at the moment, in place of the session before. */
const start = async (): Promise<void> => {
  const previous = session
  session = null
  let current: Session | null = null
  showScreen('room')
  hideNotice()
  showInvite(false, '')
  hideCursors()
  try {
    const key = readKey()
    current = session = createSession()
    void previous?.leave()
    render()
    await current.group.join(key)
    if (current === session) focusComposer()
  } catch (error) {
    if (current !== session) return
    showStatus({ words: 'Not connected', tone: 'trouble' })
    showNotice(failureInWords(error), error instanceof RangeError)
  }
}

const say = (text: string): void => {
  if (session === null) return
  const { group, me } = session
  showText(me, text, true)
  if (group.peers.length === 0 && !isAloneSaid)
    showEvent('Nobody is here to read this yet, and it is not kept for later')
  isAloneSaid = group.peers.length === 0
  for (const { id } of group.peers) picture.pulse(me.id, id)
  session.say(text).catch((error: unknown) => showEvent(`Not sent. ${failureInWords(error)}`, 'trouble'))
}

const invite = async (): Promise<void> => {
  if (session === null || isInviteUnderWay()) return
  const current = session
  showInvite(true, 'Asking the bot to come…')
  const wasHere = current.group.members
  const words = await inviteBot(current.group, pageSettings.botUrl).then(
    (id) => (wasHere.includes(id) ? 'The bot is here already.' : ''),
    failureInWords,
  )
  if (current === session) showInvite(false, words)
}

const sendFiles = (files: readonly File[]): void => {
  if (session?.group.state === 'joined') transfers.send(session, files)
}

setUpWelcome(findLacks(noDatabase), {
  onDone: (next) => {
    const isNew = session === null || next.name !== appearance.name || next.dye !== appearance.dye
    appearance = next
    keep('skein-chat-name', next.name)
    keep('skein-chat-color', next.dye)
    // What others are shown of a member is fixed for as long as it is there: under another name one joins anew.
    if (isNew) void start()
    else showScreen('room')
  },
  onCancel: () => {
    showScreen('room')
    focusComposer()
  },
})
setUpShareDialog()
setUpAside()
setUpComposer(
  'Enter sends, Shift and Enter makes a new line. Files of any size: drop them anywhere, or use the clip.',
  {
    onText: say,
    onType: (isEmpty) => {
      if (isEmpty) session?.typing.stop()
      else session?.typing.go()
    },
  },
)
setUpClip(sendFiles)
setUpCursors((place) => session?.point(place))
setUpDropZone(() => (session?.group.state === 'joined' ? 'Drop to offer it to everyone here' : null), sendFiles)
setUpInvite(pageSettings.botUrl !== '', () => void invite())
setUpReport(async () => (session === null ? null : session.group.debugReport()))
setUpNotice({
  onRetry: () => void start(),
  onNewGroup: () => {
    startNewGroup()
    void start()
  },
})
element('rename', HTMLButtonElement).addEventListener('click', () => {
  closeAside()
  showScreen('welcome')
  openWelcome(appearance, welcomes.change, true)
})

// Another link pasted over this one is another group.
addEventListener('hashchange', () => {
  if (session === null) return
  showEvent('Another group')
  void start()
})
for (const name of ['online', 'offline']) addEventListener(name, render)
// Round-trip times waver all the time and so have no event.
setInterval(() => {
  if (!document.hidden && session?.group.state === 'joined') render()
}, pollMs)

const why = isInvited() ? 'invited' : 'new'
readKey()
if (appearance.name === '') {
  showScreen('welcome')
  openWelcome(appearance, welcomes[why], false)
} else {
  void start()
}
