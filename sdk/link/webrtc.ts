import { platform as thisPlatform } from '#platform'
import { SkeinError } from '../errors.js'
import type { Platform, RtcEngine } from '../platform/platform.js'
import type { SignaledTransport } from './link.js'
import type { expectWebRtcLink, openWebRtcLink } from './webrtc-links.js'

export interface WebRtcOptions {
  /**
   * Which WebRTC implementation links with a member: an engine, `undefined` for that of the platform (the browser's, or
   * `@roamhq/wrtc` in Node), `null` for no WebRTC with this member. Asked anew for each link, and each time a link is
   * considered, so it should be cheap; what it throws counts as `null`.
   *
   * @default the platform's for everyone
   */
  readonly rtc?: (memberId: string) => RtcEngine | null | undefined
}

/**
 * Links over WebRTC data channels, as a value for the `transports` option.
 *
 * @example
 * ```ts
 * import wrtc from '@roamhq/wrtc'
 * const group = new WebGroup({ transports: [webRTC({ rtc: () => wrtc })] })
 * ```
 */
export const webRTC = (options: WebRtcOptions = {}): SignaledTransport => createWebRtcTransport(options, thisPlatform)

export const createWebRtcTransport = ({ rtc }: WebRtcOptions, platform: Platform): SignaledTransport => {
  if (rtc !== undefined && typeof rtc !== 'function') throw new TypeError('rtc must be a function of a member id')
  let loading: Promise<void> | null = null
  let loaded: {
    readonly openLink: typeof openWebRtcLink
    readonly expectLink: typeof expectWebRtcLink
    readonly engine: RtcEngine | null
  } | null = null

  const engineFor = (memberId: string): RtcEngine | null => {
    const own = loaded?.engine ?? null
    if (rtc === undefined) return own
    try {
      const chosen = rtc(memberId)
      return chosen === undefined ? own : chosen
    } catch {
      // Asked in the middle of the engine's work, where nobody could take an error.
      return null
    }
  }

  const load = async (): Promise<void> => {
    try {
      const [{ openWebRtcLink: openLink, expectWebRtcLink: expectLink }, engine] = await Promise.all([
        import('./webrtc-links.js'),
        platform.loadRtc(),
      ])
      loaded = { openLink, expectLink, engine }
      if (engine === null && rtc === undefined) {
        throw new SkeinError('engine-missing', 'links could not be made: this runtime has no WebRTC')
      }
    } catch (error) {
      // What could not be fetched may be there next time.
      loading = null
      throw error
    }
  }

  return {
    kind: 'signaled',
    name: 'webrtc',
    load: () => (loading ??= load()),
    canLink: (memberId) => loaded !== null && engineFor(memberId) !== null,
    open: ({ memberId, remote, iceServers, handlers }) => {
      if (loaded === null) throw new Error('link could not be opened: its transport was not loaded')
      return loaded.openLink({ engine: engineFor(memberId), platform, remote, iceServers, handlers })
    },
    expect: ({ memberId, iceServers }) => {
      const engine = engineFor(memberId)
      if (loaded === null || engine === null) throw new Error('link could not be expected: there is no engine for it')
      return loaded.expectLink({ engine, platform, iceServers })
    },
  }
}
