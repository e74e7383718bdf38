/** What a page of the bench runs: the side that its address names. `window.bench` is there when it is loaded. */
import { signalingTraffic } from './signaling-traffic.js'
import type { Join } from './member.js'
import { Participant } from './participant.js'

const createBench = async () => {
  const side = new URL(location.href).searchParams.get('side') ?? ''
  const { join } = (await import(/* @vite-ignore */ `./${side}.js`)) as { readonly join: Join }
  return { participant: new Participant(join), signalingTraffic }
}

export type Bench = Awaited<ReturnType<typeof createBench>>

declare global {
  interface Window {
    bench: Bench
    reportHeap(): Promise<void>
  }
}

window.bench = await createBench()
