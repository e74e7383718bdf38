/** The front door: everything that `import … from 'skein'` gives. What is public is decided in `group/`. */
export * from './group/index.js'
