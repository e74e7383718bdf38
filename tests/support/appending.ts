/** Appends numbered values to a log in the folder named, for ever, and says each index once it is acknowledged. */
import { deviceStorage, Log } from '../../sdk/log/index.js'

const log = new Log('crash', { valueEncoding: 'json', storage: deviceStorage(process.argv[2]) })
await log.ready()
for (let round = 0; ; round++) {
  const appends = Array.from({ length: 1 + (round % 7) }, () =>
    log.append(Array.from({ length: 1 + (round % 3) }, (_, at) => ({ round, at }))),
  )
  const [first, last] = [await appends[0], await appends.at(-1)]
  process.stdout.write(`${first?.index} ${last?.length}\n`)
}
