import { SkeinError } from '../errors.js'
import type { Platform, SecretStore } from '../platform/platform.js'

/**
 * Runs `work` with what this device keeps secrets in. Rejects with `storage-failed` where nothing can be kept, and for
 * whatever goes wrong there.
 */
export const withSecrets = async <Value>(
  action: string,
  platform: Pick<Platform, 'loadSecrets'>,
  work: (secrets: SecretStore) => Promise<Value>,
): Promise<Value> => {
  try {
    const secrets = await platform.loadSecrets()
    if (secrets === null) throw new Error('nothing can be kept here')
    return await work(secrets)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SkeinError('storage-failed', `${action}: ${reason}`, { cause })
  }
}
