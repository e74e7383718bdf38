import type * as mediaParts from './media-parts.js'

export type MediaParts = typeof mediaParts

/** In the script for tags, `fetch-media.script.ts` stands in the place of this module. */
export const fetchMediaParts = (): Promise<MediaParts> => import('./media-parts.js')
