import { basename } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import wrtc from '@roamhq/wrtc'
import { webRTC, webSocket } from '../../../sdk/group/index.js'
import { createAudio, createVideo } from '../../support/wrtc-media.js'
import { startCommand } from './command.js'
import { createFolder, filesIn, hasFfmpeg, probe } from './recordings.js'
import { setupBots } from './setup.js'

it.skipIf(!hasFfmpeg)(
  'skein-bot record: what a member sends is in files that play, whole when the process was told to end',
  { timeout: 60_000 },
  async () => {
    const dir = await createFolder()
    const { join: joinGroup } = await setupBots()
    const { child, exit, output, url } = startCommand(['record', '--port', '0', '--dir', dir])
    const ada = await joinGroup(undefined, { transports: [webRTC(), webSocket()] })
    const [camera, microphone] = [createVideo(120), createAudio()]
    onTestFinished(() => {
      camera.stop()
      microphone.stop()
    })
    ada.addStream(new wrtc.MediaStream([camera.track, microphone.track]), { metadata: { kind: 'camera' } })
    await ada.invite(await url())
    const folder = async (): Promise<string> => (await filesIn(dir))[0] ?? dir
    await expect
      .poll(async () => (await filesIn(await folder())).map((path) => path.slice(-4)).sort(), { timeout: 30_000 })
      .toEqual(['.wav', '.y4m'])
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(output.error).toBe('')
    expect(basename(await folder())).toBe(ada.id)
    const files = await filesIn(await folder())
    for (const path of files) expect(basename(path)).toContain(`${ada.myId.replace(/^[_-]+/, '')}_camera.`)
    const [sound, pictures] = await Promise.all(files.sort((a, b) => (a.slice(-4) < b.slice(-4) ? -1 : 1)).map(probe))
    expect(sound?.seconds).toBeGreaterThan(1)
    expect(pictures).toMatchObject({ width: 64, height: 48 })
    expect(pictures?.frames).toBeGreaterThan(10)
  },
)
