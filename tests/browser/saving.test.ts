/** Files that a page writes where its user wants them, as they come. */
import { expect, it } from 'vitest'
import { setup, useBrowser } from './support.js'

useBrowser()

it('a file that arrives is written through a handle of the file system, whole, and one that is cancelled leaves nothing', async () => {
  const { joinAll } = await setup()
  const [ada, bob] = await joinAll(2)
  await bob.me.evaluate(async ({ group }) => {
    const folder = await navigator.storage.getDirectory()
    // Choosing is the user's; nobody can in a browser without a screen. What is chosen is a handle as any other.
    const showSaveFilePicker = ({ suggestedName }: { suggestedName: string }): Promise<FileSystemFileHandle> =>
      folder.getFileHandle(suggestedName, { create: true })
    Object.assign(window, { showSaveFilePicker })
    const saved: Promise<string>[] = []
    group.on('file', (offer) => {
      saved.push(
        offer
          .accept()
          .then((incoming) => window.harness.skein.saveToDisk(incoming))
          .then(
            () => 'saved',
            (error: unknown) => (error as { code?: string }).code ?? String(error),
          ),
      )
    })
    Object.assign(window, { saved })
  })
  const sent = await ada.me.evaluate(async ({ group }, to) => {
    const data = window.harness.createBytes(24 * 2 ** 20 + 7, 3)
    await group.sendFile(new Blob([data]), { to, name: '../one.bin' })
    const half = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(data.subarray(0, 2 ** 20)),
    })
    await new Promise<void>((resolve) => {
      const transfer = group.sendFile(half, {
        to,
        name: 'half.bin',
        size: data.length,
        onProgress: ({ bytes }) => {
          if (bytes === 0) return
          transfer.cancel()
          resolve()
        },
      })
      transfer.catch(() => undefined)
    })
    return window.harness.summarize(data)
  }, bob.id)
  const kept = await bob.page.evaluate(async () => {
    const outcomes = await Promise.all((window as unknown as { saved: Promise<string>[] }).saved)
    const folder = await navigator.storage.getDirectory()
    const files: Record<string, string> = {}
    for await (const handle of (folder as unknown as { values(): AsyncIterable<FileSystemFileHandle> }).values()) {
      const file = await handle.getFile()
      files[handle.name] =
        file.size === 0 ? 'empty' : window.harness.summarize(new Uint8Array(await file.arrayBuffer()))
    }
    return { outcomes, files }
  })
  expect(kept.outcomes[0]).toBe('saved')
  expect(kept.outcomes[1]).not.toBe('saved')
  expect(kept.files['one.bin']).toBe(sent)
  // What was written of the other one never became the file.
  expect(kept.files['half.bin']).toBe('empty')
})
