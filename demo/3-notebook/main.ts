/**
 * A notebook among all who have the link. Everyone writes in a log of their own, which each page keeps on its device and gives to whoever
 * lacks it: `notebook.ts` is all of them, `chapter.ts` one, `session.ts` one stay in the group. `keeping.ts` is who has
 * what of it.
 */
import { inviteBot } from '../shared/bot.js'
import { findLacks } from '../shared/browser-support.js'
import { isDye, randomDye } from '../shared/colors.js'
import { isInvited, readKey, startNewGroup } from '../shared/link.js'
import { pageSettings } from '../shared/page-settings.js'
import { People } from '../shared/people.js'
import { keep, recall } from '../shared/storage.js'
import { closeAside, setUpAside } from '../shared/view/aside.js'
import { element } from '../shared/view/dom.js'
import { isInviteUnderWay, setUpInvite, showInvite } from '../shared/view/invite.js'
import { showMembers } from '../shared/view/members.js'
import { hideNotice, setUpNotice, showNotice } from '../shared/view/notice.js'
import { showScreen } from '../shared/view/screens.js'
import { setUpShareDialog } from '../shared/view/share-dialog.js'
import { announce, showStatus } from '../shared/view/status.js'
import { openWelcome, setUpWelcome, type Appearance } from '../shared/view/welcome.js'
import { failureInWords, leavingInWords, pathInWords, rttInWords, statusInWords } from '../shared/words.js'
import { createKeeping, keepingInWords } from './keeping.js'
import { Session } from './session.js'
import { focusComposer, setComposerEnabled, setUpComposer, showTrouble } from './view/composer.js'
import { showKeeping } from './view/keeping.js'
import { clearNotes, showEmpty, showNotes, type ShownNote } from './view/notes.js'

const pollMs = 2_000

const noDatabase = {
  isFatal: false,
  words:
    'This browser has no database for pages (IndexedDB), so your notes are gone when you close the page, unless others have them.',
}
const welcomes = {
  new: [
    'Begin a notebook',
    'Say who you are, then write. Whoever you send the link to can read and write too.',
    'Open',
  ],
  invited: ['A notebook for you', 'Somebody sent you this link. Say who you are, and read and write along.', 'Open'],
  change: ['How you appear', 'What you have written stays under the name that it was written under.', 'Change'],
} as const

const people = new People()
const nameById = (id: string): string => (id === session?.group.myId ? 'you' : people.get(id).name)

const remembered = recall('skein-notebook-color')
let appearance: Appearance = {
  name: recall('skein-notebook-name'),
  dye: isDye(remembered) ? remembered : randomDye(),
}
let session: Session | null = null
let frame: number | null = null
/** Notes that were seen, so that new ones of others can be said aloud; `null` before the first look. */
let seen: Set<string> | null = null

const notesOf = ({ notebook }: Session): ShownNote[] =>
  notebook.chapters.flatMap(({ log, isMine, notes }) =>
    [...notes].flatMap(([at, note]) => (note === null ? [] : [{ ...note, isMine, key: `${log.url} ${at}` }])),
  )

/** What others add is said; what was written before this page was opened is to be read in peace. */
const tellNew = (notes: readonly ShownNote[]): void => {
  const news = seen === null ? [] : notes.filter(({ key, isMine }) => !isMine && seen?.has(key) === false)
  seen = new Set(notes.map(({ key }) => key))
  const [first] = news
  if (first === undefined) return
  announce(news.length === 1 ? `${first.name} wrote: ${first.text}` : `${news.length} notes have come`)
}

const render = (): void => {
  frame = null
  if (session === null) return
  const { group, me, notebook } = session
  const isJoined = group.state === 'joined'
  const peers = isJoined ? group.peers : []
  const others = peers.map(({ id }) => people.get(id))
  const rtts = new Map(group.stats().peers.map(({ id, rttMs }) => [id, rttMs]))
  showStatus(statusInWords(group.state, group.signalingState, peers.length, navigator.onLine))
  setComposerEnabled(notebook.isOpen)
  const notes = notesOf(session)
  showNotes(notes)
  showEmpty(notebook.isOpen ? (others.length === 0 ? 'alone' : 'together') : null)
  if (notebook.isOpen) tellNew(notes)
  const keeping = notebook.chapters.map((chapter) => createKeeping(chapter, me, others))
  showKeeping(keeping, keepingInWords(keeping, pageSettings.botUrl !== ''))
  showInviteRow(pageSettings.botUrl !== '' && !others.some(({ isBot }) => isBot))
  showMembers([
    { person: me, kind: 'me', how: 'you', rtt: '' },
    ...peers.map((peer) => ({
      person: people.get(peer.id),
      kind: peer.path,
      how: pathInWords(peer, nameById),
      rtt: rttInWords(rtts.get(peer.id) ?? null),
    })),
  ])
}

const inviteRow = element('invite-row', HTMLDivElement)

/** What had the focus must not take it along. */
const showInviteRow = (isShown: boolean): void => {
  const hadFocus = inviteRow.contains(document.activeElement)
  inviteRow.hidden = !isShown
  if (hadFocus && !isShown) element('keeping-title', HTMLHeadingElement).focus()
}

/** Blocks come by the hundred; what they change is drawn once. Pages in the background draw nothing else, but are up to date. */
const renderSoon = (): void => {
  if (document.hidden) render()
  else frame ??= requestAnimationFrame(render)
}

const createSession = (): Session => {
  // What became of a session that has been replaced meanwhile is of no interest.
  const isCurrent = (): boolean => created === session
  const created: Session = new Session({ signalingUrl: pageSettings.signalingUrl, ...appearance }, people, {
    onChange: () => {
      if (isCurrent()) renderSoon()
    },
    onFailure: (error) => {
      if (!isCurrent()) return
      console.warn(error)
      showTrouble(`Something of this notebook cannot be kept or read here. ${failureInWords(error)}`)
    },
    onLost: () => {
      if (isCurrent()) showNotice('The connection is lost. You can go on writing: the others get it later.', false)
    },
    onArrival: ({ name }) => announce(`${name} is here`),
    onDeparture: ({ name }, reason) => announce(leavingInWords(name, reason)),
  })
  return created
}

/** Opens the notebook of the link as who I am at the moment, in place of the session before. */
const start = async (): Promise<void> => {
  const previous = session
  session = null
  seen = null
  let current: Session | null = null
  showScreen('room')
  hideNotice()
  showTrouble('')
  showInvite(false, '')
  try {
    const key = readKey()
    await previous?.leave()
    clearNotes()
    current = session = createSession()
    render()
    focusComposer()
    await current.group.join(key)
    if (current !== session) return
    render()
    if (recall(archiveOf(current)) !== '' && pageSettings.botUrl !== '') await invite()
  } catch (error) {
    if (current !== session) return
    showStatus({ words: 'Not connected', tone: 'trouble' })
    const isDamaged = error instanceof RangeError
    const more = session?.notebook.isOpen ? ' You can go on writing: the others get it once you are connected.' : ''
    showNotice(failureInWords(error) + more, isDamaged)
  }
}

/** Where it is remembered that this notebook has an archive, which leaves once it is alone and is asked back then. */
const archiveOf = ({ group }: Session): string => `skein-notebook-archive-${group.id}`

const invite = async (): Promise<void> => {
  if (session === null || isInviteUnderWay()) return
  const current = session
  showInvite(true, 'Asking the archive to come…')
  const words = await inviteBot(current.group, pageSettings.botUrl).then(() => {
    keep(archiveOf(current), 'yes')
    return ''
  }, failureInWords)
  if (current === session) showInvite(false, words.replace('The bot', 'The archive'))
}

const write = async (text: string): Promise<boolean> => {
  if (session === null) return false
  try {
    await session.write(text)
    showTrouble('')
    // Asked once there is something to lose; without a yes it is kept as long as there is room.
    if ('storage' in navigator) void navigator.storage.persist().catch(() => undefined)
    return true
  } catch (error) {
    showTrouble(`Your note was not kept. ${failureInWords(error)}`)
    return false
  }
}

setUpWelcome(findLacks(noDatabase), {
  onDone: (next) => {
    const isNew = session === null || next.name !== appearance.name || next.dye !== appearance.dye
    appearance = next
    keep('skein-notebook-name', next.name)
    keep('skein-notebook-color', next.dye)
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
setUpComposer(write)
setUpInvite(pageSettings.botUrl !== '', () => void invite())
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

// Another link pasted over this one is another notebook.
addEventListener('hashchange', () => {
  if (session !== null) void start()
})
for (const name of ['online', 'offline']) addEventListener(name, renderSoon)
// Round-trip times waver all the time and so have no event.
setInterval(() => {
  if (!document.hidden && session?.group.state === 'joined') renderSoon()
}, pollMs)

const why = isInvited() ? 'invited' : 'new'
readKey()
if (appearance.name === '') {
  showScreen('welcome')
  openWelcome(appearance, welcomes[why], false)
} else {
  void start()
}
