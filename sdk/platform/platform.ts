import type { MediaDevicesLike } from './media-devices.js'

/** A WebRTC implementation, in the shape that `@roamhq/wrtc` and its like export. */
export interface RtcEngine {
  readonly RTCPeerConnection: new (configuration?: RTCConfiguration) => RTCPeerConnection
  readonly RTCSessionDescription: new (description: RTCSessionDescriptionInit) => RTCSessionDescription
  readonly RTCIceCandidate: new (candidate?: RTCIceCandidateInit) => RTCIceCandidate
  /** Absent from an engine without media. */
  readonly MediaStream?: (new () => MediaStream) | undefined
}

/** What skein uses of a WHATWG WebSocket. Binary messages arrive as `ArrayBuffer`. */
export interface SocketLike {
  /** The subprotocol that the other end chose. */
  readonly protocol: string
  readonly bufferedAmount: number
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: (() => void) | null
  send(bytes: Uint8Array): void
  close(code?: number, reason?: string): void
}

/** A socket that we dial. */
export interface ClientSocket extends SocketLike {
  /**
   * The status of the HTTP response to the upgrade, 101 included, once there was one. Browsers hide it from scripts and
   * leave this undefined.
   */
  readonly httpStatus?: number
}

/** The life of a page. Each fires as the event of that name does, in the same task and, but for `pagehide`, as often. */
export interface PageHandlers {
  /**
   * The page is being left; `persisted` when it may come back as it is. The last moment at which anything runs. Fires
   * twice, since the first may be cut off in the middle.
   */
  pagehide?(event: { readonly persisted: boolean }): void
  pageshow?(event: { readonly persisted: boolean }): void
  /** The device has a network again. */
  online?(): void
  /** The tab is in front again. */
  visible?(): void
  /** No task runs from here to `resume`. */
  freeze?(): void
  resume?(): void
}

/** What secrets are kept of: identities by their names, and which of other members' identities were verified. */
export type SecretKind = 'identities' | 'verified'

/**
 * Texts by name, which is not empty, kept on this device: in a browser for this origin, in Node for this user. Whatever fails rejects with
 * the error of the runtime. Nothing is made on the device before the first `add`.
 */
export interface SecretStore {
  /** `null` when there is none of this name. */
  get(kind: SecretKind, name: string): Promise<string | null>
  /**
   * Keeps `text` unless something of this name is there already; what is there then. Of several tabs or processes that
   * add at once, one succeeds and all are given the same. Resolves when it is written.
   */
  add(kind: SecretKind, name: string, text: string): Promise<string>
  /** All of this kind, in no order. */
  all(kind: SecretKind): Promise<readonly string[]>
}

export interface Platform {
  /**
   * Wall-clock milliseconds. Goes on during sleep; never goes back: where the wall clock is set back, it goes on from
   * what it last said.
   */
  now(): number
  /** Calls `fn` once after `ms`, which beyond 2^31 - 1 count as that. The result cancels. */
  setTimer(ms: number, fn: () => void): () => void
  /** Calls `fn` as a microtask. */
  soon(fn: () => void): void
  /** From the system's secure source. */
  randomBytes(size: number): Uint8Array
  /** The WebRTC of this runtime, or `null` where it has none that works. */
  loadRtc(): Promise<RtcEngine | null>
  /** How many connections may be set up at a time where there are so many already. */
  setupsBeside(connections: number): number
  /**
   * Cameras, microphones and screens, or `null` where there are none to be had: in Node, and on pages that came over plain HTTP. At once, and not
   * by a promise: browsers open a screen only in answer to a click.
   */
  devices(): MediaDevicesLike | null
  /** What opens WebSockets here. The function throws on what the WebSocket constructor throws on. */
  loadSocket(): Promise<(url: string, protocols: readonly string[]) => ClientSocket>
  /** `DEBUG` in Node and `localStorage.debug` in a browser; empty where there is none, or it cannot be read. */
  debugSetting(): string
  /** Writes a line to where debugging is read: the console of a browser, at its level `debug`, or standard error. */
  writeDebug(line: string): void
  /** What this device keeps secrets in, or `null` where nothing can be kept. */
  loadSecrets(): Promise<SecretStore | null>
  /** Subscribes to the life of the page; the result unsubscribes. Where there is no page, nothing ever fires. */
  watchPage(handlers: PageHandlers): () => void
}
