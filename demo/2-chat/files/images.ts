/**
 * Pictures that a browser shows without running anything. Every other file becomes plain bytes to download: under its own
 * type, a page or a drawing with a script in it would run as part of this page once opened.
 */
const shown = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])

export const isImage = (mime: string): boolean => shown.has(mime)

export const safeType = (mime: string): string => (isImage(mime) ? mime : 'application/octet-stream')
