import { describe, expect, it } from 'vitest'
import { describeGroup } from '../../../sdk/group/describe.js'
import { webRTC } from '../../../sdk/link/webrtc.js'
import { webSocket } from '../../../sdk/link/websocket.js'
import { resolveOptions, type WebGroupOptions } from '../../../sdk/group/options.js'

const describeOptions = (options: WebGroupOptions) => {
  const settings = resolveOptions(options)
  return describeGroup(settings, settings.iceServers, null)
}

describe('describeGroup', () => {
  it('lists no host when none is configured', () => {
    expect(describeOptions({})).toEqual({ hosts: [], hostsComplete: true, memberAddresses: true, key: null })
  })

  it('says whether addresses that members show may be dialled', () => {
    expect(describeOptions({ transports: [webRTC()] }).memberAddresses).toBe(false)
    expect(describeOptions({ transports: [webRTC(), webSocket()] }).memberAddresses).toBe(true)
  })

  it('lists every host once for each use, and nothing secret', () => {
    const description = describeOptions({
      signaling: ['wss://user:pass@a.example/path?token=secret', 'wss://b.example:9000'],
      iceServers: [
        { urls: ['stun:c.example', 'turn:c.example:3478?transport=udp'], username: 'secret', credential: 'secret' },
        { urls: 'turns:c.example:3478?transport=tcp' },
      ],
    })
    expect(description.hosts).toEqual([
      { host: 'a.example', use: 'signaling' },
      { host: 'b.example:9000', use: 'signaling' },
      { host: 'c.example', use: 'stun' },
      { host: 'c.example:3478', use: 'turn' },
    ])
    expect(JSON.stringify(description)).not.toMatch(/secret|pass|path/)
  })

  it('says when hosts are known only once a function has been asked', () => {
    const settings = resolveOptions({ iceServers: () => Promise.resolve([]) })
    expect(describeGroup(settings, settings.iceServers, null).hostsComplete).toBe(false)
    expect(describeGroup(settings, [{ urls: 'stun:a.example' }], 'typed')).toMatchObject({
      hosts: [{ host: 'a.example', use: 'stun' }],
      hostsComplete: true,
      key: 'typed',
    })
  })

  it('cannot be changed by who reads it', () => {
    const description = describeOptions({ signaling: 'wss://a.example' })
    expect(Object.isFrozen(description) && Object.isFrozen(description.hosts)).toBe(true)
  })
})
