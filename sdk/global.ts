/**
 * The front door for script tags: the build makes `window.Skein` of what this module exports. A `data-signaling`
 * attribute on the tag is the signaling server of every group that names none.
 */
import { ownScript } from './group/own-script.js'
import { configure } from './index.js'

export * from './index.js'

const signaling = ownScript?.dataset['signaling']
if (signaling !== undefined) configure({ signaling })
