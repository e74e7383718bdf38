import type { WebGroup } from 'skein'

/** Asks the bot behind this address in. Resolves with its member id; the same when it is here already. */
export const inviteBot = (group: WebGroup, url: string): Promise<string> => group.invite(url)
