/**
 * What does nothing before somebody in the group has media, and so loads then (`media-loader.ts`). As `join-parts.ts`, it
 * is imported by `import()` alone, types apart.
 */
export { MediaNegotiation } from '../link/media-negotiation.js'
export { MediaTraffic } from '../media/traffic.js'
