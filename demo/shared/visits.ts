import { WebGroup } from 'skein'
import type { Lack } from './browser-support.js'
import { isDye, randomDye } from './colors.js'
import { isInvited, readKey, startNewGroup } from './link.js'
import { pageSettings } from './page-settings.js'
import { People, type Person } from './people.js'
import { keep, recall } from './storage.js'
import { closeAside, setUpAside } from './view/aside.js'
import { element } from './view/dom.js'
import { hideNotice, setUpNotice, showNotice } from './view/notice.js'
import { showScreen } from './view/screens.js'
import { setUpShareDialog } from './view/share-dialog.js'
import { showStatus } from './view/status.js'
import { openWelcome, setUpWelcome, type Appearance } from './view/welcome.js'
import { failureInWords, leavingInWords, statusInWords } from './words.js'

const pollMs = 2_000

/** Reasons of `state:change` with which a group ends as it was told to, or only for as long as the page sleeps. */
const endsOnPurpose = ['left', 'leave', 'pagehide']

/** Title, what is said below, and what the button says. */
type WelcomeWords = readonly [string, string, string]

export interface VisitsPage {
  /** What the page remembers is kept under names that begin with this. */
  readonly name: string
  /** `change` is for who is in and would be somebody else, `left` for who has gone. */
  readonly welcomes: Readonly<Record<'new' | 'invited' | 'change' | 'left', WelcomeWords>>
  readonly lacks: readonly Lack[]
  /** A group was made and is about to be joined: the time to listen to it. */
  onGroup(group: WebGroup): void
  /** Something of the group may be otherwise than it was. Often. */
  onChange(group: WebGroup): void
  /** In the room, to write or speak: after joining, and on the way back. */
  onIn(): void
  /** Out of it. */
  onOut(): void
  /** Who has come and who has gone, in words. */
  onNews(words: string): void
}

/** Whether this page was in a group when it was loaded again; another page with the same link was not. */
const wasIn = (): boolean => (history.state as { readonly isIn?: unknown } | null)?.isIn === true
const rememberIn = (isIn: boolean): void => history.replaceState({ isIn }, '')

/**
 * Comes and goes in the group of the link: the form before, the frame around, and one group after the other, as the name or the
 * link changes. A page that is loaded again while it is in is in again at once.
 */
export class Visits {
  readonly people = new People()
  readonly #page: VisitsPage
  #appearance: Appearance
  #group: WebGroup | null = null

  constructor(page: VisitsPage) {
    this.#page = page
    const dye = recall(`skein-${page.name}-color`)
    this.#appearance = { name: recall(`skein-${page.name}-name`), dye: isDye(dye) ? dye : randomDye() }
  }

  /** Begins, once. */
  open(): void {
    this.#setUp()
    const why = isInvited() ? 'invited' : 'new'
    const isBack = wasIn()
    readKey()
    if (isBack && this.#appearance.name !== '') void this.#start()
    else this.#welcome(why)
  }

  /** The group that the page is in, or on the way to. */
  get group(): WebGroup | null {
    return this.#group
  }

  get me(): Person {
    return { ...this.#appearance, id: this.#group?.myId ?? '', isBot: false }
  }

  leave(): void {
    void this.#group?.leave()
    this.#group = null
    rememberIn(false)
    showStatus(null)
    this.#welcome('left')
    this.#page.onOut()
  }

  #welcome(why: keyof VisitsPage['welcomes']): void {
    closeAside()
    showScreen('welcome')
    openWelcome(this.#appearance, this.#page.welcomes[why], why === 'change')
  }

  #setUp(): void {
    setUpWelcome(this.#page.lacks, {
      onDone: (next) => {
        const isNew = this.#group === null || next.name !== this.#appearance.name || next.dye !== this.#appearance.dye
        this.#appearance = next
        keep(`skein-${this.#page.name}-name`, next.name)
        keep(`skein-${this.#page.name}-color`, next.dye)
        // What others are shown of a member is fixed for as long as it is there: under another name one joins anew.
        if (isNew) void this.#start()
        else this.#goIn()
      },
      onCancel: () => this.#goIn(),
    })
    setUpShareDialog()
    setUpAside()
    setUpNotice({
      onRetry: () => void this.#start(),
      onNewGroup: () => {
        startNewGroup()
        void this.#start()
      },
    })
    element('rename', HTMLButtonElement).addEventListener('click', () => this.#welcome('change'))
    // Another link pasted over this one is another group.
    addEventListener('hashchange', () => {
      if (this.#group !== null) void this.#start()
    })
    for (const name of ['online', 'offline']) addEventListener(name, () => this.#changed(this.#group))
    // What is measured wavers all the time and so has no event.
    setInterval(() => {
      if (!document.hidden && this.#group?.state === 'joined') this.#changed(this.#group)
    }, pollMs)
  }

  #goIn(): void {
    showScreen('room')
    this.#page.onIn()
  }

  /** Joins the group of the link as who I am at the moment, in place of the group before. */
  async #start(): Promise<void> {
    const previous = this.#group
    this.#group = null
    let group: WebGroup | null = null
    showScreen('room')
    hideNotice()
    try {
      const key = readKey()
      void previous?.leave()
      const { name, dye } = this.#appearance
      this.#group = group = new WebGroup({ signaling: pageSettings.signalingUrl, profile: { name, color: dye } })
      rememberIn(true)
      this.#listen(group)
      this.#page.onGroup(group)
      this.#changed(group)
      await group.join(key)
      if (group === this.#group) this.#goIn()
    } catch (error) {
      if (group !== this.#group) return
      showStatus({ words: 'Not connected', tone: 'trouble' })
      showNotice(failureInWords(error), error instanceof RangeError)
    }
  }

  #listen(group: WebGroup): void {
    const change = (): void => this.#changed(group)
    group.on('state:change', ({ next, reason }) => {
      const isLost = next === 'left' && !endsOnPurpose.includes(reason)
      if (isLost && group === this.#group) {
        showNotice('The connection to the group is lost. Trying again may help.', false)
      }
      change()
    })
    group.on('signaling:change', change)
    group.on('link:change', change)
    group.on('member:update', ({ peer }) => {
      this.people.remember(peer)
      change()
    })
    group.on('member:join', ({ peer }) => {
      const { name } = this.people.remember(peer)
      if (group === this.#group) this.#page.onNews(`${name} is here`)
      change()
    })
    group.on('member:leave', ({ id, reason }) => {
      if (group === this.#group) this.#page.onNews(leavingInWords(this.people.get(id).name, reason))
      change()
    })
    group.on('error', ({ error }) => console.warn(error))
  }

  /** What becomes of a group that has been replaced meanwhile is of no interest. */
  #changed(group: WebGroup | null): void {
    if (group === null || group !== this.#group) return
    const others = group.state === 'joined' ? group.peers.length : 0
    showStatus(statusInWords(group.state, group.signalingState, others, navigator.onLine))
    this.#page.onChange(group)
  }
}
