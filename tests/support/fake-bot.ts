import type { WebSocket } from 'ws'
import { InvitationAnswer } from '../../sdk/crypto/invitation.js'
import { loadSodium } from '../../sdk/crypto/index.js'
import type { KeyPair } from '../../sdk/crypto/suite.js'
import type { InviteReply } from '../../sdk/protocol/invite-frames.js'
import { LINK_SUBPROTOCOL } from '../../sdk/protocol/socket-frames.js'
import { listenWith } from './socket-servers.js'
import { platform } from '#platform'

export interface FakeBot {
  readonly url: string
  readonly identity: KeyPair
  /** Sockets that were opened, in order. */
  readonly sockets: readonly WebSocket[]
  /** Keys that were handed over. */
  readonly keys: readonly string[]
}

/** What a bot does at each turn; what is not given is done as it should be. */
export interface FakeBotScript {
  readonly onOpen?: (socket: WebSocket) => void
  /** The frames that answer INVITE; by default the right one. */
  readonly proof?: (right: Uint8Array, socket: WebSocket) => readonly (Uint8Array | string)[]
  /** The reply; `null` for none. By default it will not come. */
  readonly reply?: () => InviteReply | null
  /** After the reply. */
  readonly then?: (socket: WebSocket) => void
}

/** A bot that speaks as far as the test lets it, and never becomes a member. */
export const startFakeBot = async (script: FakeBotScript = {}): Promise<FakeBot> => {
  const sodium = await loadSodium()
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(platform.randomBytes(32))
  const identity = { publicKey, secretKey: privateKey }
  const sockets: WebSocket[] = []
  const keys: string[] = []
  const url = await listenWith(LINK_SUBPROTOCOL, (socket) => {
    sockets.push(socket)
    const answer = new InvitationAnswer({ sodium, random: (size) => platform.randomBytes(size), identity })
    let turn = 0
    socket.on('message', (data: Buffer) => {
      const frame = new Uint8Array(data)
      if (turn++ === 0) {
        const right = answer.handleInvite(frame)
        for (const sent of script.proof?.(right, socket) ?? [right]) socket.send(sent)
      } else if (turn === 2) {
        keys.push(answer.handleKey(frame))
        const reply = script.reply ? script.reply() : ({ type: 'refused', reason: 2 } as const)
        if (reply !== null) socket.send(answer.reply(reply))
        script.then?.(socket)
      }
    })
    script.onOpen?.(socket)
  })
  return { url, identity, sockets, keys }
}
