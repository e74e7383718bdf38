import type { AddressInfo } from 'node:net'

/** Tells the process that started this one where it listens. */
export const say = (address: string | AddressInfo | null): void => {
  if (address === null || typeof address === 'string') throw new Error('a server of the bench has no port')
  console.log(`ws://127.0.0.1:${address.port}`)
}
