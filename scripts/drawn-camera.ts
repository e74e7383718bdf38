/** A drawing of somebody before a camera. */
export interface Face {
  readonly hair: string
  readonly skin: string
  readonly clothes: string
  readonly wall: string
  /** Whether there is a sound, as of speech. */
  readonly isSpeaking: boolean
}

/** Runs in the page: cameras and microphones give this, and screens a page about geese. */
const draw = (face: Face): void => {
  const createCanvas = (paint: (context: CanvasRenderingContext2D, now: number) => void): MediaStream => {
    const canvas = document.createElement('canvas')
    ;[canvas.width, canvas.height] = [640, 360]
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('there is no canvas here')
    const repeat = (): void => {
      context.setTransform(0.5, 0, 0, 0.5, 0, 0)
      paint(context, performance.now())
    }
    repeat()
    setInterval(repeat, 100)
    return canvas.captureStream(10)
  }
  const fill = (context: CanvasRenderingContext2D, color: string, path: string): void => {
    context.fillStyle = color
    context.fill(new Path2D(path))
  }
  const portrait = (context: CanvasRenderingContext2D, now: number): void => {
    const { hair, skin, clothes, wall } = face
    const light = context.createLinearGradient(0, 0, 1280, 720)
    light.addColorStop(0, '#fff')
    light.addColorStop(0.55, wall)
    light.addColorStop(1, wall)
    context.fillStyle = light
    context.fillRect(0, 0, 1280, 720)
    // A window with a lake, and a shelf.
    fill(context, '#ffffffaa', 'M90 70h270v300H90z')
    fill(context, '#a9cbd8', 'M105 85h240v165H105z')
    fill(context, '#6f9d95', 'M105 235q90-30 240 0v120H105z')
    fill(
      context,
      '#0000001c',
      'M930 210h270v14H930zM960 120h26v90h-26zM992 138h20v72h-20zM1018 112h30v98h-30zM1120 160h50v50h-50z',
    )
    context.translate(640, 20 + Math.sin(now / 900) * 5)
    fill(context, hair, 'M-150 300c-20-210 60-250 150-250s170 40 150 250c0 60-30 110-50 130h-200c-20-20-50-70-50-130z')
    fill(context, skin, 'M-55 380h110v130h-110z')
    fill(context, clothes, 'M-330 720c10-150 110-205 260-225q70 60 140 0c150 20 250 75 260 225z')
    fill(context, skin, 'M-118 270c0-110 50-150 118-150s118 40 118 150c0 120-60 195-118 195s-118-75-118-195z')
    fill(context, hair, 'M-125 255c10-120 60-155 125-155s115 35 125 155c-50-20-80-50-95-85-30 45-90 75-155 85z')
    fill(context, '#241a16', 'M-58 282a11 13 0 1 0 22 0a11 13 0 1 0-22 0M36 282a11 13 0 1 0 22 0a11 13 0 1 0-22 0')
    const open = face.isSpeaking ? 10 + Math.abs(Math.sin(now / 140)) * 14 : 6
    fill(context, '#8d3b34', `M-38 378q38 ${open * 2.2} 76 0q-38 ${face.isSpeaking ? -8 : 12} -76 0z`)
  }
  const page = (context: CanvasRenderingContext2D, now: number): void => {
    context.fillStyle = '#f7f5ef'
    context.fillRect(0, 0, 1280, 720)
    context.fillStyle = '#22303a'
    context.font = '700 54px sans-serif'
    context.fillText('Geese over the lake, by hour', 90, 120)
    context.font = '26px sans-serif'
    for (const [at, count] of [3, 8, 22, 40, 34, 18, 9, 5].entries()) {
      context.fillStyle = at === 3 ? '#b5382a' : '#14594d'
      const height = count * 10 + Math.sin(now / 500 + at) * 2
      context.fillRect(100 + at * 136, 610 - height, 96, height)
      context.fillStyle = '#54615b'
      context.fillText(`${at + 5} h`, 122 + at * 136, 655)
    }
  }
  const listen = (): MediaStreamTrack[] => {
    const context = new AudioContext()
    const [tone, volume, out] = [
      context.createOscillator(),
      context.createGain(),
      context.createMediaStreamDestination(),
    ]
    tone.frequency.value = 180
    volume.gain.value = 0
    let turn = 0
    // With pauses: what goes on as it is counts as noise. And nothing sounds before somebody has touched the page.
    setInterval(() => {
      void context.resume()
      volume.gain.value = face.isSpeaking && turn++ % 4 < 3 ? 0.3 : 0
    }, 300)
    tone.connect(volume).connect(out)
    tone.start()
    return out.stream.getAudioTracks()
  }
  const devices = [
    { kind: 'videoinput', deviceId: 'camera', groupId: '', label: 'Camera of the laptop' },
    { kind: 'audioinput', deviceId: 'microphone', groupId: '', label: 'Microphone of the laptop' },
  ] as const
  navigator.mediaDevices.enumerateDevices = () =>
    Promise.resolve(devices.map((device) => ({ ...device, toJSON: () => device })))
  navigator.mediaDevices.getUserMedia = ({ audio, video } = {}) =>
    Promise.resolve(new MediaStream([...(video ? createCanvas(portrait).getTracks() : []), ...(audio ? listen() : [])]))
  navigator.mediaDevices.getDisplayMedia = () => Promise.resolve(createCanvas(page))
}

/**
 * A script for a context: its pages see this face where they open a camera. What runs this file may name functions by a helper of its
 * own, which pages do not have.
 */
export const drawnCamera = (face: Face): string =>
  `((__name) => (${draw.toString()})(${JSON.stringify(face)}))((named) => named)`
