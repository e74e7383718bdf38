/** The prebuilt file is the one that runs without polyfills for Node's globals; its types are those of the package. */
declare module 'simple-peer/simplepeer.min.js' {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the file is CommonJS, and its types say so
  import SimplePeer = require('simple-peer')
  export = SimplePeer
}
