/**
 * The front door for script tags: the build makes `window.Skein` of what this module exports. A `data-signaling`
 * attribute on the tag is the signaling server of every group that names none.
 */
import { configure } from './index.js'

export * from './index.js'

// Only while the script runs is `currentScript` its own tag; module scripts and workers have none.
const signaling = typeof document === 'undefined' ? undefined : document.currentScript?.dataset['signaling']
if (signaling !== undefined) configure({ signaling })
