/**
 * What the machine underneath gives: clock, timers, randomness, WebRTC, sockets, the life of the page. `platform.ts` is
 * the contract and has two sides, `platform.browser.ts` and `platform.node.ts`; rooms that need one import `#platform`
 * and get the side of the bundle they are in. Importing either touches no global. `block-storage.ts` is what logs are kept in, in the same way as `#blocks`
 * (apart, since pages without logs do not need it), with a side of its own for tests and for what is not to last. `send-gate.ts` is the flow control of
 * whatever has a `bufferedAmount`.
 */
