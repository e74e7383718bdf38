import { deviceStorage, SDK } from 'skein/log'
import type { NodeLog, OpenNodeLog } from './log-store.js'

export const openLog: OpenNodeLog = async (folder) => {
  const sdk = new SDK({ storage: deviceStorage(folder) })
  const log = new sdk.Log('bench')
  await log.ready()
  const replicateTo: NodeLog['replicateTo'] = async (other) => {
    const [there, back] = [new TransformStream<Uint8Array, Uint8Array>(), new TransformStream<Uint8Array, Uint8Array>()]
    const otherSdk = new SDK({ storage: deviceStorage(other) })
    const copy = new otherSdk.Log(log.url)
    void sdk.replicate({ readable: back.readable, writable: there.writable })
    void otherSdk.replicate({ readable: there.readable, writable: back.writable })
    await copy.download({ end: log.length })
    return async () => {
      await copy.close()
      otherSdk.close()
    }
  }
  return { append: (blocks) => log.append(blocks), replicateTo, close: () => log.close() }
}
