/**
 * Takes the screenshots of the demos that README shows: `npx tsx scripts/screenshots.ts [folder [chat|notebook|call]]`, by default
 * of all and into docs/. Four people are in the chat, of whom one is reached through others, and the echo bot where the build has it.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { joinCall, seesMoving, tile } from '../tests/browser/call.js'
import { canGoBlind, goBlind, joinChat, say } from '../tests/browser/chat.js'
import { openNotebook, write } from '../tests/browser/notebook.js'
import { launchChromium } from '../tests/support/chromium.js'
import { drawnCamera } from './drawn-camera.js'
import { serveDemos } from './serve-demos.js'
import { startArchive, startBot } from './start-bot.js'

const wide = { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1.4, locale: 'en-GB' } as const
const phone = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, locale: 'en-GB' } as const

/** Geese in flight, for someone to send. */
const drawPicture = async (browser: Browser): Promise<Buffer> => {
  const page = await browser.newPage({ viewport: { width: 720, height: 400 } })
  const geese = [0, 1, 2, 3, 4].flatMap((i) =>
    i === 0
      ? [[0, 0]]
      : [
          [-i, i],
          [i * 0.86, i * 1.1],
        ],
  )
  const shapes = geese.map(([x = 0, y = 0]) => {
    const at = `translate(${390 + x * 58} ${95 + y * 30}) rotate(${x * 3})`
    return `<path transform="${at}" d="M-17 -5Q-8 -10 0 0Q9 -11 19 -7" fill="none" stroke="#22303a" stroke-width="4.5" stroke-linecap="round"/>`
  })
  await page.setContent(
    `<body style="margin:0"><svg width="720" height="400"><defs><linearGradient id="g" x1="0" x2="0" y1="0" y2="1">
    <stop stop-color="#7fb0c4"/><stop offset=".7" stop-color="#f3dcb4"/><stop offset="1" stop-color="#eebc86"/></linearGradient></defs>
    <rect width="720" height="400" fill="url(#g)"/>
    <path d="M0 330Q180 270 380 325T720 300V400H0Z" fill="#5b7f76"/><path d="M0 365Q220 320 430 368T720 350V400H0Z" fill="#2f5650"/>
    ${shapes.join('')}</svg>`,
  )
  const picture = await page.screenshot({ type: 'jpeg', quality: 85 })
  await page.close()
  return picture
}

/** Waits until nothing moves but what moves for good. */
const settle = async (page: Page): Promise<void> => {
  const places = (): Promise<string> =>
    page
      .locator('#mesh')
      .evaluate((mesh) => new Promise<string>((resolve) => setTimeout(() => resolve(mesh.innerHTML), 150)))
  let [before, now] = ['', await places()]
  while (before !== now) [before, now] = [now, await places()]
}

/** By key: a pointer that stays there would lie over the card of everybody else. */
const answer = (page: Page, word: string, name: string): Promise<void> =>
  page.getByRole('button', { name: `${word} ${name}`, exact: true }).press('Enter')

/** Moves the pointer to this part of the conversation, so that the others see it there. */
const point = async (page: Page, x: number, y: number): Promise<void> => {
  const board = await page.locator('#board').boundingBox()
  if (board === null) throw new Error('the page shows no conversation')
  await page.mouse.move(board.x + board.width * x, board.y + board.height * y, { steps: 3 })
}

const folder = process.argv[2] ?? 'docs'
const only = process.argv[3]
const { createSignaling } = await import('skein/signaling')
const signaling = await createSignaling({ port: 0 }).listen()
const bot = await startBot(0)
const files = await mkdtemp(join(tmpdir(), 'skein-screenshots-'))
const archive = await startArchive(0, join(files, 'archive'))
const demos = await serveDemos({
  port: 0,
  signalingUrl: signaling.url,
  botUrl: bot?.url ?? '',
  archiveUrl: archive?.url ?? '',
})
const browser = await launchChromium()

const shoot = async (page: Page, name: string): Promise<void> => {
  if ((await page.locator('#mesh').count()) > 0) await settle(page)
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  const path = join(folder, name)
  await page.screenshot({ path, caret: 'hide' })
  console.log(`${path} ${((await stat(path)).size / 1024).toFixed(0)} KiB`)
}

const shootChat = async (): Promise<void> => {
  const ada = await joinChat(browser, `${demos.url}/2-chat/`, { name: 'Ada Lind', color: 'madder', options: wide })
  const link = ada.url()
  const bob = await joinChat(browser, link, {
    name: 'Bob Okafor',
    color: 'woad',
    before: canGoBlind,
    options: { ...wide, colorScheme: 'dark' },
  })
  await bob.locator('#members .direct').waitFor()
  await goBlind(bob)
  const carol = await joinChat(browser, link, { name: 'Carol Reyes', color: 'weld', options: wide })
  const dave = await joinChat(browser, link, { name: 'Dave Mori', color: 'heather', options: phone })
  for (const page of [ada, bob, carol, dave]) await page.getByText('Connected with 3 others').waitFor()
  await bob.locator('#members .relayed').nth(1).waitFor()
  if (bot !== null) {
    await ada.getByRole('button', { name: 'Invite the bot' }).click()
    for (const page of [ada, bob, carol, dave]) await page.getByText('Connected with 4 others').waitFor()
  }
  const heard = (text: string): Promise<unknown> =>
    Promise.all([ada, bob, carol, dave].map((page) => page.getByRole('log').getByText(text).first().waitFor()))
  const tell = async (page: Page, text: string): Promise<void> => {
    await say(page, text)
    await heard(text)
  }
  await tell(carol, 'They are back over the lake! Forty at least, all in one line.')
  await carol
    .locator('#file-input')
    .setInputFiles({ name: 'geese.jpg', mimeType: 'image/jpeg', buffer: await drawPicture(browser) })
  await Promise.all([ada, bob, dave].map((page) => answer(page, 'Accept', 'geese.jpg')))
  await Promise.all([ada, bob, dave].map((page) => page.getByRole('img', { name: 'Picture: geese.jpg' }).waitFor()))
  await tell(dave, 'A whole skein of them. Did anyone get the sound?')
  await tell(bob, 'I did, ten minutes of it.')
  const recording = join(files, 'lake at dawn.wav')
  await writeFile(recording, Buffer.alloc(106_000_000))
  await bob.locator('#file-input').setInputFiles(recording)
  await dave.getByRole('button', { name: 'Decline lake at dawn.wav' }).waitFor()
  await carol.getByLabel('Message', { exact: true }).pressSequentially('Oh', { delay: 30 })
  await dave.getByText('Carol Reyes is typing').first().waitFor()
  await shoot(dave, 'chat-phone.png')
  await answer(ada, 'Accept', 'lake at dawn.wav')
  await ada.waitForFunction(() => (document.querySelector('progress')?.position ?? 0) > 0.6)
  await carol.getByLabel('Message', { exact: true }).pressSequentially('Oh', { delay: 30 })
  await point(dave, 0.62, 0.2)
  await point(bob, 0.66, 0.74)
  await ada.locator('.cursor').getByText('Bob Okafor').waitFor()
  await shoot(ada, 'chat-light.png')
  await Promise.all([carol, dave].map((page) => answer(page, 'Decline', 'lake at dawn.wav')))
  await bob.locator('.file').getByText('sent to').waitFor()
  await point(ada, 0.3, 0.76)
  await bob.locator('.cursor').getByText('Ada Lind').waitFor()
  await shoot(bob, 'chat-dark.png')
}

const shootNotebook = async (): Promise<void> => {
  const open = async (url: string, name: string, color: string): Promise<Page> =>
    openNotebook(await browser.newContext(wide), url, { name, color })
  const ada = await open(`${demos.url}/3-notebook/`, 'Ada Lind', 'madder')
  const bob = await open(ada.url(), 'Bob Okafor', 'woad')
  const carol = await open(ada.url(), 'Carol Reyes', 'weld')
  for (const page of [ada, bob, carol]) await page.getByText('Connected with 2 others').waitFor()
  const notes: readonly (readonly [Page, string])[] = [
    [ada, 'Forty greylag geese over the lake at dawn, heading south-west in one long line. Wind from the north, 3 °C.'],
    [ada, 'A second skein ten minutes later, about a dozen.'],
    [bob, 'Heard them from the mill. The last ones called much deeper: bean geese?'],
    [carol, 'Counted 38 from the tower.'],
    [carol, 'Ice is thin at the north shore. Two swans on it all the same.'],
    [carol, 'Who brings the scope tomorrow?'],
    [bob, 'I do, and tea.'],
    [ada, 'Boathouse at six, then. Sunrise is at 6.50.'],
  ]
  for (const [at, [page, text]] of notes.entries()) {
    await write(page, text)
    for (const each of [ada, bob, carol]) await each.locator('.note').nth(at).waitFor()
  }
  if (archive !== null) {
    await bob.getByRole('button', { name: 'Invite the archive' }).click()
    await ada.getByText('and so have Bob Okafor, Carol Reyes and Archive').waitFor()
  }
  await shoot(ada, 'notebook.png')
}

/** What each of them looks like, and whether something is to be heard. */
const faces = {
  Ada: { hair: '#5b3216', skin: '#e8b48f', clothes: '#b5382a', wall: '#cfe0d6', isSpeaking: false },
  Bob: { hair: '#1d1715', skin: '#7a4a30', clothes: '#2a6496', wall: '#e6d9bf', isSpeaking: true },
  Carol: { hair: '#2a1d16', skin: '#c98f66', clothes: '#c79a1e', wall: '#c9d6e6', isSpeaking: false },
  Dave: { hair: '#16161b', skin: '#e3b78c', clothes: '#7d4a9a', wall: '#dcd0e0', isSpeaking: false },
}

const shootCall = async (): Promise<void> => {
  const join = async (
    url: string,
    name: keyof typeof faces,
    { surname, color, options }: { surname: string; color: string; options: BrowserContextOptions },
  ): Promise<Page> => {
    const context = await browser.newContext(options)
    await context.addInitScript(drawnCamera(faces[name]))
    return joinCall(context, url, { name: `${name} ${surname}`, color })
  }
  const ada = await join(`${demos.url}/4-call/`, 'Ada', { surname: 'Lind', color: 'madder', options: wide })
  const dark = { ...wide, colorScheme: 'dark' } as const
  const bob = await join(ada.url(), 'Bob', { surname: 'Okafor', color: 'woad', options: dark })
  const carol = await join(ada.url(), 'Carol', { surname: 'Reyes', color: 'weld', options: wide })
  const dave = await join(ada.url(), 'Dave', { surname: 'Mori', color: 'heather', options: phone })
  const all = [ada, bob, carol, dave]
  for (const page of all) await page.getByText('Connected with 3 others').waitFor()
  await Promise.all([bob, carol, dave].map((page) => seesMoving(page, 'Ada Lind')))
  await dave.getByRole('button', { name: 'Microphone', pressed: true }).last().click()
  await carol.locator('#room').getByRole('button', { name: 'Camera', pressed: true }).click()
  await say(ada, 'Can everyone see the lake?')
  await say(bob, 'Clear as day. Count them with me?')
  await say(carol, 'No camera here, the light is bad. I am listening.')
  await ada.getByRole('log').getByText('I am listening').waitFor()
  for (const page of [ada, dave]) await tile(page, 'Bob Okafor').and(page.locator('.speaking')).waitFor()
  await shoot(dave, 'call-phone.png')
  await shoot(ada, 'call-light.png')
  await ada.getByRole('button', { name: 'Share screen' }).click()
  await seesMoving(bob, 'Screen of Ada Lind')
  await shoot(bob, 'call-dark.png')
}

try {
  if (only === undefined || only === 'chat') await shootChat()
  if (only === undefined || only === 'notebook') await shootNotebook()
  if (only === undefined || only === 'call') await shootCall()
} finally {
  await browser.close()
  await Promise.all([demos.close(), signaling.close(), bot?.close(), archive?.close()])
  await rm(files, { recursive: true })
}
