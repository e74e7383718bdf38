/** The front door for script tags: the build makes `window.Skein` of what this module exports. */
export * from './index.js'
