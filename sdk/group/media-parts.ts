/**
 * What does nothing before somebody in the group has media, and so loads then (`fetch-media.ts`). As `join-parts.ts`, it
 * is imported by `import()` alone, types apart; the script for tags has it in a file of its own.
 */
export { MediaNegotiation } from '../link/media-negotiation.js'
export { listDevicesOf, openCameraOf, openScreenOf, watchDevicesOf } from '../media/device-access.js'
export { MediaTraffic } from '../media/traffic.js'
