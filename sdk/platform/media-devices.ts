/** What skein uses of `navigator.mediaDevices`. */
export interface MediaDevicesLike {
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>
  /** Missing on phones. */
  readonly getDisplayMedia?: (options: DisplayMediaStreamOptions) => Promise<MediaStream>
  enumerateDevices(): Promise<readonly MediaDeviceInfo[]>
  addEventListener(name: 'devicechange', listener: () => void, options: { readonly signal: AbortSignal }): void
}
