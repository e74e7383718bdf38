/** Files that go on after a reload: what has come is kept by the page that receives, and only the rest is sent again. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { FileOffer } from 'skein'
import { setup, useBrowser, type PageMember } from './support.js'

useBrowser()

const MEBIBYTE = 1_048_576
/** More than is on its way or waits unread when the receiving page stops reading, so that no transfer is over by then. */
const SIZE = 16 * MEBIBYTE
const FIRST_PART = 3 * MEBIBYTE + 11

/** A file on the disk of whoever sends it, until the test is over. */
interface DiskFile {
  readonly path: string
  readonly hash: string
}

const createFile = async (): Promise<DiskFile> => {
  const folder = await mkdtemp(joinPath(tmpdir(), 'skein-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const content = randomBytes(SIZE)
  const path = joinPath(folder, 'tapes.bin')
  await writeFile(path, content)
  return { path, hash: createHash('sha256').update(content).digest('hex') }
}

/** A person chooses this file in the page. */
const chooseFile = async ({ page }: PageMember, { path }: DiskFile): Promise<void> => {
  await page.evaluate(() => {
    const input = document.createElement('input')
    input.type = 'file'
    document.body.replaceChildren(input)
  })
  await page.locator('input').setInputFiles(path)
}

/** Offers what was chosen, under this id or one of its own, which it gives. How it ends is told by `untilSent`. */
const offerFile = ({ me }: PageMember, to: PageMember, resumeId?: string): Promise<string> =>
  me.evaluate(
    async (member, [id, known]) => {
      await member.until('the other', () => member.group.members.includes(id))
      const [file] = document.querySelector('input')?.files ?? []
      if (file === undefined) throw new Error('no file was chosen')
      const transfer = member.group.sendFile(file, { to: id, ...(known === undefined ? {} : { resumeId: known }) })
      const sent = transfer.then(
        ({ delivered }) => delivered.join(),
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      )
      Object.assign(member, { sent })
      return transfer.resumeId
    },
    [to.id, resumeId] as const,
  )

/** Who got the file that was offered last, or why it was not sent. */
const untilSent = ({ me }: PageMember): Promise<string> =>
  me.evaluate((member) => (member as unknown as { sent: Promise<string> }).sent)

/**
 * The page keeps what comes of the next file, behind what it has of it already, and stops reading once it has `upTo` bytes.
 * How far it came is told by `untilKept`, and how the file ended by `untilReceived`.
 */
const takeFile = ({ me }: PageMember, upTo = Infinity): Promise<void> =>
  me.evaluate(async (member, limit) => {
    const { keep, kept } = window.harness
    const offered = new Promise<FileOffer>((resolve) => {
      member.group.on('file', resolve, { once: true })
    })
    const accepted = offered.then(async (offer) => {
      const have = await kept(offer.resumeId)
      return { offer, incoming: await offer.accept({ offset: have.size, have }) }
    })
    const received = accepted.then(async ({ incoming }) => {
      try {
        await incoming.done
        return 'whole'
      } catch (error) {
        return (error as { code?: string }).code ?? String(error)
      }
    })
    const reading = accepted.then(async ({ offer, incoming }) => {
      let position = incoming.offset
      const reader = incoming.stream.getReader()
      while (position < limit) {
        const { done, value } = await reader.read()
        if (done) break
        await keep(offer.resumeId, position, value)
        position += value.length
      }
      return { resumeId: offer.resumeId, offset: incoming.offset, position }
    })
    Object.assign(member, { reading, received })
  }, upTo)

interface Reading {
  readonly resumeId: string
  readonly offset: number
  readonly position: number
}

const untilKept = ({ me }: PageMember): Promise<Reading> =>
  me.evaluate((member) => (member as unknown as { reading: Promise<Reading> }).reading)

const untilReceived = ({ me }: PageMember): Promise<string> =>
  me.evaluate((member) => (member as unknown as { received: Promise<string> }).received)

const keptHash = ({ page }: PageMember, resumeId: string): Promise<string> =>
  page.evaluate(async (id) => {
    const whole = await window.harness.kept(id)
    const digest = await crypto.subtle.digest('SHA-256', await whole.arrayBuffer())
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }, resumeId)

/** What the links of this page carried to it or from it, whichever is more, since they were made. */
const carriedBytes = ({ me }: PageMember): Promise<number> =>
  me.evaluate(async ({ rules }) => {
    let [sent, received] = [0, 0]
    for (const connection of rules.open) {
      // What there is of data channels, TypeScript's own types lack.
      ;(await connection.getStats()).forEach((entry: { type: string; bytesSent: number; bytesReceived: number }) => {
        if (entry.type !== 'data-channel') return
        sent += entry.bytesSent
        received += entry.bytesReceived
      })
    }
    return Math.max(sent, received)
  })

/** The rest has come, whole and right, and little more than the rest crossed the link that the reload has made anew. */
const expectResumed = async (
  { sender, receiver, reloaded }: { sender: PageMember; receiver: PageMember; reloaded: PageMember },
  first: Reading,
  { hash }: DiskFile,
): Promise<void> => {
  expect(await untilSent(sender)).toBe(receiver.id)
  expect(await untilReceived(receiver)).toBe('whole')
  expect(await untilKept(receiver)).toEqual({ resumeId: first.resumeId, offset: first.position, position: SIZE })
  expect(await keptHash(receiver, first.resumeId)).toBe(hash)
  const rest = SIZE - first.position
  const carried = await carriedBytes(reloaded)
  expect(carried).toBeGreaterThan(rest)
  expect(carried).toBeLessThan(rest + MEBIBYTE)
}

describe('a file', () => {
  it('goes on when the page that receives it is loaded anew, from what it had kept', async () => {
    const { join, joinAll } = await setup()
    const [ada, bob] = await joinAll(2)
    const file = await createFile()
    await chooseFile(ada, file)
    await takeFile(bob, FIRST_PART)
    const resumeId = await offerFile(ada, bob)
    const first = await untilKept(bob)
    expect(first).toMatchObject({ resumeId, offset: 0 })
    expect(first.position).toBeGreaterThanOrEqual(FIRST_PART)

    await bob.page.reload()
    expect(await untilSent(ada)).toBe('member-left')
    const bobAgain = await join({}, bob.page)
    await takeFile(bobAgain)
    expect(await offerFile(ada, bobAgain, resumeId)).toBe(resumeId)
    await expectResumed({ sender: ada, receiver: bobAgain, reloaded: bobAgain }, first, file)
  })

  it('goes on when the page that sends it is loaded anew, and is given the same file', async () => {
    const { join, joinAll } = await setup()
    const [ada, bob] = await joinAll(2)
    const file = await createFile()
    await chooseFile(ada, file)
    await takeFile(bob, FIRST_PART)
    const resumeId = await offerFile(ada, bob)
    const first = await untilKept(bob)

    await ada.page.reload()
    expect(await untilReceived(bob)).toBe('member-left')
    const adaAgain = await join({}, ada.page)
    await chooseFile(adaAgain, file)
    await takeFile(bob)
    await offerFile(adaAgain, bob, resumeId)
    await expectResumed({ sender: adaAgain, receiver: bob, reloaded: adaAgain }, first, file)
  })
})
