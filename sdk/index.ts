/** The front door: everything that `import … from 'skein'` gives. What is public is decided in `group/`. */
export { SkeinError, type SkeinErrorCode } from './errors.js'
