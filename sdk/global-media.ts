/** What the script for tags leaves out, as `window.SkeinMedia`: see `group/fetch-media.script.ts`. */
export * from './group/media-parts.js'
